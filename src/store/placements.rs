//! Why each volume is where it is: the explanation kept with each decision, as JSON.

use sea_query::{Expr, ExprTrait as _, OnConflict, Query};

use super::row::Columns;
use super::{Session, Tx};
use crate::domain::{Result, Timestamp, VolumeId};

impl Session {
    /// When the volume was placed and the explanation, as the placement room wrote it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find_placement(
        &mut self,
        volume: VolumeId,
    ) -> Result<Option<(Timestamp, serde_json::Value)>> {
        let mut select = Query::select();
        select
            .columns(["decided_at", "explanation"])
            .from("placements")
            .and_where(Expr::col("volume_id").eq(volume.to_string()));
        let Some(row) = self.optional("find a placement", &select).await? else { return Ok(None) };
        let mut columns = Columns::of(&row);
        Ok(Some((columns.time()?, columns.json()?)))
    }
}

impl Tx {
    /// Keeps the newest decision about a volume.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn put_placement(&mut self, volume: VolumeId, at: Timestamp, explanation: &str) -> Result<()> {
        let mut insert = Query::insert();
        insert
            .into_table("placements")
            .columns(["volume_id", "decided_at", "explanation"])
            .values_panic([volume.to_string().into(), at.0.into(), explanation.into()])
            .on_conflict(
                OnConflict::column("volume_id").update_columns(["decided_at", "explanation"]).to_owned(),
            );
        self.execute("keep a placement", &insert).await.map(|_| ())
    }
}
