//! Bringing the schema up to date.
//!
//! On SQLite `serve` does it by itself (one process owns the file). On a server it is the
//! operator's `hearth db migrate`, under a lease: sqlx's own migrator leaves "partially applied"
//! behind when two replicas of a Galera pair start it together (measured).

use std::time::Duration;

use sea_query::{Expr, ExprTrait as _, Query};

use super::row::Columns;
use super::schema::{LEASES_TABLE, MIGRATIONS, Migration};
use super::{Session, Store, Tx};
use crate::domain::group_type::{CONSISTENT_SNAPSHOTS, DEFAULT_CGSNAPSHOT_TYPE, GroupType};
use crate::domain::volume_type::{DEFAULT_TYPE_NAME, VolumeType};
use crate::domain::{Clock, Error, ErrorKind, GroupTypeId, Metadata, Result, VolumeTypeId};

/// How the database compares with this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    Current,
    /// This many migrations are to be run.
    Behind(usize),
    /// A newer hearth has been here.
    Ahead,
}

const LEASE: &str = "migrate";
const LEASE_TIME: Duration = Duration::from_secs(120);
/// Replicas that start together migrate one after the other: the second waits for the first.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
const LOOKS: u32 = 50;

impl Store {
    /// # Errors
    /// Those of the database.
    pub async fn schema_state(&self) -> Result<SchemaState> {
        let done = self.applied().await?;
        if done.iter().any(|id| !MIGRATIONS.iter().any(|m| m.id == *id)) {
            return Ok(SchemaState::Ahead);
        }
        match MIGRATIONS.iter().filter(|m| !done.contains(&m.id)).count() {
            0 => Ok(SchemaState::Current),
            missing => Ok(SchemaState::Behind(missing)),
        }
    }

    /// Runs what is missing; the names of the migrations that were run. Safe to run from several
    /// hosts at once, and again after being killed.
    ///
    /// # Errors
    /// `Unavailable` while another host migrates, or those of the database.
    pub async fn migrate(&self, clock: &Clock) -> Result<Vec<&'static str>> {
        self.write("make the migrations table", |tx, _| Box::pin(make_bookkeeping(tx))).await?;
        let owner = uuid::Uuid::new_v4().to_string();
        let mut looks = 0;
        while !self.take_lease(LEASE, &owner, clock.now(), LEASE_TIME).await? {
            looks += 1;
            if looks > LOOKS {
                return Err(Error::unavailable(
                    "Another host is migrating the database, or was killed while it did; try again in two \
                     minutes.",
                ));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let outcome = self.run_missing(clock).await;
        self.drop_lease(LEASE, &owner).await?;
        outcome
    }

    async fn run_missing(&self, clock: &Clock) -> Result<Vec<&'static str>> {
        let done = self.applied().await?;
        let mut run = Vec::new();
        for migration in MIGRATIONS.iter().filter(|m| !done.contains(&m.id)) {
            for statement in (migration.statements)(self.dialect) {
                let statement = &statement;
                self.write("migrate", |tx, _| {
                    Box::pin(async move { tx.raw("migrate", statement.clone()).await })
                })
                .await?;
            }
            self.write("record a migration", |tx, _| Box::pin(record(tx, migration, clock))).await?;
            run.push(migration.name);
        }
        Ok(run)
    }

    async fn applied(&self) -> Result<Vec<i64>> {
        let mut session = self.read().await?;
        if !has_bookkeeping(&mut session).await? {
            return Ok(Vec::new());
        }
        let mut select = Query::select();
        select.column("id").from("schema_migrations");
        let rows = session.all("read the migrations", &select).await?;
        rows.iter().map(|row| Columns::of(row).int()).collect()
    }
}

async fn make_bookkeeping(tx: &mut Tx) -> Result<()> {
    let columns = "id BIGINT PRIMARY KEY, name VARCHAR(255) NOT NULL, applied_at BIGINT NOT NULL";
    let migrations = tx.dialect.create_table("schema_migrations", columns);
    tx.raw("make the migrations table", migrations).await?;
    // The lease table has to be there before the migration that makes all the others.
    let leases = tx.dialect.create_table("leases", LEASES_TABLE);
    tx.raw("make the leases table", leases).await
}

/// A database that was never migrated has no table to ask; one that does not answer is not that.
async fn has_bookkeeping(session: &mut Session) -> Result<bool> {
    let mut select = Query::select();
    select.expr(Expr::col(sea_query::Asterisk).count()).from("schema_migrations");
    match session.number("look for the migrations table", &select).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Internal => Ok(false),
        Err(error) => Err(error),
    }
}

/// The type of legacy consistency groups, as Cinder's own first migration makes it.
fn consistency_groups(clock: &Clock) -> GroupType {
    GroupType {
        id: GroupTypeId::random(),
        name: DEFAULT_CGSNAPSHOT_TYPE.to_owned(),
        description: Some("Default group type for migrating cgsnapshot".to_owned()),
        is_public: true,
        specs: [(CONSISTENT_SNAPSHOTS.to_owned(), Some("<is> True".to_owned()))].into(),
        created_at: clock.now(),
        updated_at: None,
    }
}

async fn record(tx: &mut Tx, migration: &Migration, clock: &Clock) -> Result<()> {
    if migration.id == 1 {
        let default = VolumeType {
            id: VolumeTypeId::random(),
            name: DEFAULT_TYPE_NAME.to_owned(),
            description: Some("Default Volume Type".to_owned()),
            is_public: true,
            qos_specs_id: None,
            extra_specs: Metadata::new(),
            created_at: clock.now(),
            updated_at: None,
        };
        if tx.find_type_by_name(DEFAULT_TYPE_NAME).await?.is_none() {
            tx.insert_type(&default).await?;
        }
    }
    if migration.name == "groups" && tx.find_group_type_by_name(DEFAULT_CGSNAPSHOT_TYPE).await?.is_none() {
        tx.insert_group_type(&consistency_groups(clock)).await?;
    }
    let mut insert = Query::insert();
    insert.into_table("schema_migrations").columns(["id", "name", "applied_at"]).values_panic([
        migration.id.into(),
        migration.name.into(),
        clock.now().0.into(),
    ]);
    tx.execute("record a migration", &insert).await?;
    Ok(())
}
