//! The clusters table: registration, intent, observation and the figures of the last poll, kept
//! in the store so that all replicas decide on the same figures and a cold start has them at once.

use std::collections::HashMap;

use sea_query::{Expr, ExprTrait as _, Query};
use sqlx::any::AnyRow;

use super::row::{Columns, json_text};
use super::{Session, Tx};
use crate::domain::cluster::{
    Capacity, Cluster, Description, Intent, IntentRecord, Observed, PlacementTraits,
};
use crate::domain::{Bytes, ClusterId, ClusterName, LightosProject, Result, Timestamp};

/// All decisions about room, and all polls that change the figures, take turns on this lock.
pub const PLACEMENT_LOCK: &str = "placement";

/// A cluster as stored. `registered` is false for one that was taken out of `clusters.toml` while
/// it still had volumes: those keep their row to point at.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterRow {
    pub cluster: Cluster,
    pub registered: bool,
}

/// What a complete poll brings in.
#[derive(Debug, Clone, Default)]
pub struct PollResult {
    pub capacity: Capacity,
    pub description: Description,
    /// When the poll began.
    pub started_at: Timestamp,
    /// Size (once, without replicas) of each object the poll listed.
    pub listed: HashMap<(LightosProject, String), Bytes>,
}

const COLUMNS: [&str; 11] = [
    "id",
    "name",
    "registered",
    "traits",
    "intent",
    "observed",
    "observed_reason",
    "observed_since",
    "capacity",
    "description",
    "polled_at",
];

fn decode(row: &AnyRow, reserved: &HashMap<ClusterId, Bytes>) -> Result<ClusterRow> {
    let mut c = Columns::of(row);
    let id = c.parsed()?;
    let name = ClusterName::new(c.text()?);
    let registered = c.flag()?;
    let cluster = Cluster {
        id,
        name,
        traits: c.json()?,
        intent: c.json()?,
        observed: c.one_of(Observed::parse)?,
        observed_reason: c.maybe_text()?,
        observed_since: c.time()?,
        capacity: c.maybe_json()?,
        description: c.json()?,
        polled_at: c.maybe_time()?,
        reserved: reserved.get(&id).copied().unwrap_or_default(),
    };
    Ok(ClusterRow { cluster, registered })
}

impl Session {
    /// Every cluster ever seen, by name, with what is reserved on it. Two statements.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn cluster_rows(&mut self) -> Result<Vec<ClusterRow>> {
        let mut sums = Query::select();
        sums.column("cluster_id")
            .expr(self.dialect.sum(Expr::col("bytes")))
            .from("reservations")
            .group_by_col("cluster_id");
        let rows = self.all("sum reservations", &sums).await?;
        let mut reserved = HashMap::new();
        for row in &rows {
            let mut c = Columns::of(row);
            reserved.insert(c.parsed()?, Bytes(u64::try_from(c.int()?).unwrap_or_default()));
        }
        let mut select = Query::select();
        select.columns(COLUMNS).from("clusters").order_by("name", sea_query::Order::Asc);
        let rows = self.all("read clusters", &select).await?;
        rows.iter().map(|row| decode(row, &reserved)).collect()
    }

    /// The registered clusters, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn clusters(&mut self) -> Result<Vec<Cluster>> {
        let rows = self.cluster_rows().await?;
        Ok(rows.into_iter().filter(|row| row.registered).map(|row| row.cluster).collect())
    }
}

impl Session {
    /// What the operator wants of a cluster; `None` for one never seen.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn cluster_intent(&mut self, id: ClusterId) -> Result<Option<IntentRecord>> {
        let mut select = Query::select();
        select.column("intent").from("clusters").and_where(Expr::col("id").eq(id.to_string()));
        self.optional("read an intent", &select).await?.map(|row| Columns::of(&row).json()).transpose()
    }
}

impl Tx {
    /// Makes or updates the row of a registered cluster. Intent, observation and figures stay.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn put_cluster(
        &mut self,
        id: ClusterId,
        name: &ClusterName,
        traits: &PlacementTraits,
        now: Timestamp,
    ) -> Result<()> {
        let traits = json_text(traits)?;
        self.number_service(id).await?;
        let mut select = Query::select();
        select.column("name").from("clusters").and_where(Expr::col("id").eq(id.to_string()));
        if let Some(row) = self.optional("find a cluster", &select).await? {
            if Columns::of(&row).text()? != name.as_str() {
                self.names_changed().await?;
            }
            let mut update = Query::update();
            update
                .table("clusters")
                .values([
                    ("name", name.as_str().into()),
                    ("traits", traits.into()),
                    ("registered", 1i64.into()),
                ])
                .and_where(Expr::col("id").eq(id.to_string()));
            return self.execute("update a cluster", &update).await.map(|_| ());
        }
        let intent =
            IntentRecord { intent: Intent::Enabled, reason: None, by: "registration".to_owned(), at: now };
        let mut insert = Query::insert();
        insert
            .into_table("clusters")
            .columns(COLUMNS.into_iter().chain(["poll_started", "poll_finished"]))
            .values_panic([
                id.to_string().into(),
                name.as_str().into(),
                1i64.into(),
                traits.into(),
                json_text(&intent)?.into(),
                Observed::Unknown.as_str().into(),
                None::<String>.into(),
                now.0.into(),
                None::<String>.into(),
                json_text(&Description::default())?.into(),
                None::<i64>.into(),
                0i64.into(),
                0i64.into(),
            ]);
        self.execute("insert a cluster", &insert).await.map(|_| ())
    }

    /// The cluster has left the registrations.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn unregister_cluster(&mut self, id: ClusterId) -> Result<()> {
        self.set_cluster(id, [("registered", 0i64.into())]).await
    }

    /// # Errors
    /// Those of the database.
    pub async fn set_intent(&mut self, id: ClusterId, intent: &IntentRecord) -> Result<()> {
        self.set_cluster(id, [("intent", json_text(intent)?.into())]).await
    }

    /// # Errors
    /// Those of the database.
    pub async fn set_observed(
        &mut self,
        id: ClusterId,
        observed: Observed,
        reason: Option<&str>,
        since: Timestamp,
    ) -> Result<()> {
        self.set_cluster(
            id,
            [
                ("observed", observed.as_str().into()),
                ("observed_reason", reason.map(str::to_owned).into()),
                ("observed_since", since.0.into()),
            ],
        )
        .await
    }

    async fn set_cluster<const N: usize>(
        &mut self,
        id: ClusterId,
        values: [(&'static str, sea_query::Value); N],
    ) -> Result<()> {
        let mut update = Query::update();
        update
            .table("clusters")
            .values(values.map(|(column, value)| (column, Expr::val(value))))
            .and_where(Expr::col("id").eq(id.to_string()));
        self.execute("update a cluster", &update).await.map(|_| ())
    }

    /// Numbers a poll that is about to begin: a slower, older poll may not overwrite it later.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn begin_poll(&mut self, id: ClusterId) -> Result<i64> {
        let mut update = Query::update();
        update
            .table("clusters")
            .value("poll_started", Expr::col("poll_started").add(1))
            .and_where(Expr::col("id").eq(id.to_string()));
        self.execute("begin a poll", &update).await?;
        let mut select = Query::select();
        select.column("poll_started").from("clusters").and_where(Expr::col("id").eq(id.to_string()));
        self.number("number a poll", &select).await
    }

    /// Takes in a complete poll and releases the reservations it gives evidence for, in one step
    /// as seen by placement. False when a newer poll was there first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn finish_poll(&mut self, id: ClusterId, number: i64, poll: &PollResult) -> Result<bool> {
        self.lock(PLACEMENT_LOCK).await?;
        let mut update = Query::update();
        update
            .table("clusters")
            .values([
                ("capacity", json_text(&poll.capacity)?.into()),
                ("description", json_text(&poll.description)?.into()),
                ("polled_at", poll.started_at.0.into()),
                ("poll_finished", number.into()),
            ])
            .and_where(Expr::col("id").eq(id.to_string()))
            .and_where(Expr::col("poll_finished").lt(number));
        if self.execute("finish a poll", &update).await? == 0 {
            return Ok(false);
        }
        for reservation in self.reservations(id).await? {
            let seen = poll.listed.get(&(reservation.project, reservation.name));
            if seen.is_some_and(|size| *size >= reservation.expected_size) {
                self.release_reservation(reservation.operation_id).await?;
            }
        }
        Ok(true)
    }
}
