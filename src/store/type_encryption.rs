//! Encryption of volume types; at most one for each.

use sea_query::{Expr, ExprTrait as _, Query, Value};
use sqlx::any::AnyRow;

use super::row::Columns;
use super::session::Inserted;
use super::{Session, Tx};
use crate::domain::encryption::TypeEncryption;
use crate::domain::{Error, Result, VolumeTypeId};

const COLUMNS: [&str; 8] = [
    "volume_type_id",
    "encryption_id",
    "provider",
    "control_location",
    "cipher",
    "key_size",
    "created_at",
    "updated_at",
];

fn values(e: &TypeEncryption) -> [Value; 8] {
    [
        e.volume_type_id.to_string().into(),
        e.encryption_id.to_string().into(),
        e.provider.as_str().into(),
        e.control_location.as_str().into(),
        e.cipher.clone().into(),
        e.key_size.into(),
        e.created_at.0.into(),
        e.updated_at.map(|at| at.0).into(),
    ]
}

fn decode(row: &AnyRow) -> Result<TypeEncryption> {
    let mut c = Columns::of(row);
    Ok(TypeEncryption {
        volume_type_id: c.parsed()?,
        encryption_id: c.parsed()?,
        provider: c.text()?,
        control_location: c.text()?,
        cipher: c.maybe_text()?,
        key_size: c.maybe_int()?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
    })
}

impl Session {
    /// # Errors
    /// Those of the database; a type without encryption is `None`.
    pub async fn type_encryption(&mut self, id: VolumeTypeId) -> Result<Option<TypeEncryption>> {
        let mut select = Query::select();
        select
            .columns(COLUMNS)
            .from("type_encryption")
            .and_where(Expr::col("volume_type_id").eq(id.to_string()));
        self.optional("find a type's encryption", &select).await?.map(|row| decode(&row)).transpose()
    }
}

impl Tx {
    /// # Errors
    /// `Invalid` when the type has one already.
    pub async fn insert_type_encryption(&mut self, encryption: &TypeEncryption) -> Result<()> {
        let mut insert = Query::insert();
        insert.into_table("type_encryption").columns(COLUMNS).values_panic(values(encryption).map(Expr::val));
        match self.insert("insert a type's encryption", &insert).await? {
            Inserted::New => Ok(()),
            Inserted::Duplicate => Err(Error::invalid(format!(
                "Volume type encryption for type {} already exists.",
                encryption.volume_type_id
            ))),
        }
    }

    /// # Errors
    /// Those of the database.
    pub async fn update_type_encryption(&mut self, encryption: &TypeEncryption) -> Result<()> {
        let mut update = Query::update();
        update
            .table("type_encryption")
            .values(COLUMNS.into_iter().zip(values(encryption).map(Expr::val)).skip(1))
            .and_where(Expr::col("volume_type_id").eq(encryption.volume_type_id.to_string()));
        self.execute("update a type's encryption", &update).await.map(|_| ())
    }

    /// How many there were: none or one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn delete_type_encryption(&mut self, id: VolumeTypeId) -> Result<u64> {
        let mut delete = Query::delete();
        delete.from_table("type_encryption").and_where(Expr::col("volume_type_id").eq(id.to_string()));
        self.execute("delete a type's encryption", &delete).await
    }
}
