//! The operations table: what is still to be done, and who is doing it.
//!
//! A row is claimed by compare-and-swap on its lease. The process that inserts an operation
//! holds its lease from the start, so the usual create costs no claim at all; when that process
//! dies, the lease runs out and another one takes over.

use sea_query::{Cond, Expr, ExprTrait as _, Query, SelectStatement};
use sqlx::any::AnyRow;

use super::row::{Columns, json_text};
use super::{Session, Store, Tx};
use crate::domain::operation::{CreateVolume, Lane, Operation, OperationStatus, Source, Work};
use crate::domain::{ClusterId, OperationId, ProjectId, RequestId, Result, Timestamp, UserId};

const COLUMNS: [&str; 13] = [
    "id",
    "work",
    "status",
    "lane",
    "resource_id",
    "cluster_id",
    "request_id",
    "project_id",
    "user_id",
    "attempt",
    "not_before",
    "note",
    "created_at",
];

fn select() -> SelectStatement {
    let mut select = Query::select();
    select.columns(COLUMNS).from("operations");
    select
}

fn decode(row: &AnyRow) -> Result<Operation> {
    let mut c = Columns::of(row);
    Ok(Operation {
        id: c.parsed()?,
        work: c.json()?,
        status: c.one_of(OperationStatus::parse)?,
        lane: c.one_of(Lane::parse)?,
        resource_id: c.text()?,
        cluster_id: c.maybe_parsed()?,
        request_id: RequestId::new(c.text()?),
        project_id: ProjectId::new(c.text()?),
        user_id: UserId::new(c.text()?),
        attempt: u32::try_from(c.int()?).unwrap_or(u32::MAX),
        not_before: c.time()?,
        note: c.maybe_text()?,
        created_at: c.time()?,
    })
}

impl Session {
    /// # Errors
    /// Those of the database.
    pub async fn find_operation(&mut self, id: OperationId) -> Result<Option<Operation>> {
        let mut select = select();
        select.and_where(Expr::col("id").eq(id.to_string()));
        self.optional("find an operation", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// Open operations whose lease has run out (or was never taken) and whose time has come.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn due_operations(&mut self, now: Timestamp, limit: u64) -> Result<Vec<OperationId>> {
        let mut select = Query::select();
        select
            .column("id")
            .from("operations")
            .and_where(Expr::col("status").eq(OperationStatus::Open.as_str()))
            .and_where(Expr::col("not_before").lte(now.0))
            .and_where(Expr::col("lease_until").lt(now.0))
            .order_by("not_before", sea_query::Order::Asc)
            .limit(limit);
        let rows = self.all("find due operations", &select).await?;
        rows.iter().map(|row| Columns::of(row).parsed()).collect()
    }

    /// All operations, oldest first: for the fleet API, metrics and tests.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn operations(&mut self, limit: u64) -> Result<Vec<Operation>> {
        let mut select = select();
        select.order_by("created_at", sea_query::Order::Asc).limit(limit);
        let rows = self.all("list operations", &select).await?;
        rows.iter().map(decode).collect()
    }

    /// Operations that wait for a person.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count_stuck_operations(&mut self) -> Result<i64> {
        let mut select = Query::select();
        select
            .column("id")
            .from("operations")
            .and_where(Expr::col("status").eq(OperationStatus::NeedsOperator.as_str()));
        self.count("count stuck operations", &select).await
    }

    /// The operations that wait for a person, of one cluster or (`None`) of none yet.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn stuck_operations(&mut self, cluster: Option<ClusterId>) -> Result<Vec<Operation>> {
        let mut select = select();
        select.and_where(Expr::col("status").eq(OperationStatus::NeedsOperator.as_str()));
        select.and_where(match cluster {
            Some(id) => Expr::col("cluster_id").eq(id.to_string()),
            None => Expr::col("cluster_id").is_null(),
        });
        let rows = self.all("stuck operations", &select).await?;
        rows.iter().map(decode).collect()
    }

    /// The operations of one volume or snapshot.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn operations_of(&mut self, resource_id: &str) -> Result<Vec<Operation>> {
        let mut select = select();
        select.and_where(Expr::col("resource_id").eq(resource_id));
        let rows = self.all("operations of a resource", &select).await?;
        rows.iter().map(decode).collect()
    }
}

impl Session {
    /// Whether a volume is being made from `source` (which has to stay as it is until then).
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_being_copied(&mut self, source: &Source) -> Result<bool> {
        let id = match source {
            Source::Blank | Source::Image(_) => return Ok(false),
            Source::Backup(id) => id.to_string(),
            Source::Snapshot(id) => id.to_string(),
            Source::Volume(id) => id.to_string(),
        };
        let mut select = select();
        select
            .and_where(Expr::col("status").eq(OperationStatus::Open.as_str()))
            .and_where(Expr::col("kind").eq("create-volume"))
            .and_where(Expr::col("work").like(format!("%{id}%")));
        let rows = self.all("look for copies under way", &select).await?;
        for row in &rows {
            if let Work::CreateVolume { source: of, step, .. } = decode(row)?.work
                && of == *source
                && step != CreateVolume::Guard
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Tx {
    /// Inserts the operation, leased to `owner` until `lease_until`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn insert_operation(
        &mut self,
        op: &Operation,
        owner: &str,
        lease_until: Timestamp,
    ) -> Result<()> {
        let mut insert = Query::insert();
        insert
            .into_table("operations")
            .columns(COLUMNS.into_iter().chain(["kind", "lease_owner", "lease_until"]))
            .values_panic([
                op.id.to_string().into(),
                json_text(&op.work)?.into(),
                op.status.as_str().into(),
                op.lane.as_str().into(),
                op.resource_id.as_str().into(),
                op.cluster_id.map(|id| id.to_string()).into(),
                op.request_id.as_str().into(),
                op.project_id.as_str().into(),
                op.user_id.as_str().into(),
                i64::from(op.attempt).into(),
                op.not_before.0.into(),
                op.note.clone().into(),
                op.created_at.0.into(),
                op.work.name().into(),
                owner.into(),
                lease_until.0.into(),
            ]);
        self.execute("insert an operation", &insert).await.map(|_| ())
    }

    /// Writes the operation back. Only its lease holder may; one that lost its lease stops here.
    ///
    /// # Errors
    /// `Conflict` when the lease has gone to somebody else.
    pub async fn update_operation(
        &mut self,
        op: &Operation,
        owner: &str,
        lease_until: Timestamp,
    ) -> Result<()> {
        let mut update = Query::update();
        update
            .table("operations")
            .values([
                ("work", json_text(&op.work)?.into()),
                ("status", op.status.as_str().into()),
                ("cluster_id", op.cluster_id.map(|id: ClusterId| id.to_string()).into()),
                ("attempt", i64::from(op.attempt).into()),
                ("not_before", op.not_before.0.into()),
                ("note", op.note.clone().into()),
                ("lease_until", lease_until.0.into()),
            ])
            .and_where(Expr::col("id").eq(op.id.to_string()))
            .and_where(Expr::col("lease_owner").eq(owner));
        match self.execute("update an operation", &update).await? {
            0 => Err(lost_lease()),
            _ => Ok(()),
        }
    }

    /// The operation is over.
    ///
    /// # Errors
    /// `Conflict` when the lease has gone to somebody else.
    pub async fn delete_operation(&mut self, id: OperationId, owner: &str) -> Result<()> {
        let mut delete = Query::delete();
        delete
            .from_table("operations")
            .and_where(Expr::col("id").eq(id.to_string()))
            .and_where(Expr::col("lease_owner").eq(owner));
        match self.execute("end an operation", &delete).await? {
            0 => Err(lost_lease()),
            _ => Ok(()),
        }
    }

    /// An operation that waits for an operator is to be tried again, by whoever comes first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn reopen_operation(&mut self, id: OperationId) -> Result<()> {
        let mut update = Query::update();
        update
            .table("operations")
            .values([
                ("status", OperationStatus::Open.as_str().into()),
                ("attempt", 0i64.into()),
                ("lease_until", 0i64.into()),
            ])
            .and_where(Expr::col("id").eq(id.to_string()))
            .and_where(Expr::col("status").eq(OperationStatus::NeedsOperator.as_str()));
        self.execute("reopen an operation", &update).await.map(|_| ())
    }

    /// An operation that waits for an operator has lost its subject.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn drop_operation(&mut self, id: OperationId) -> Result<()> {
        let mut delete = Query::delete();
        delete
            .from_table("operations")
            .and_where(Expr::col("id").eq(id.to_string()))
            .and_where(Expr::col("status").eq(OperationStatus::NeedsOperator.as_str()));
        self.execute("drop an operation", &delete).await.map(|_| ())
    }
}

impl Store {
    /// Takes over an operation whose lease has run out. `None` when another was faster.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn claim_operation(
        &self,
        id: OperationId,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Operation>> {
        self.write("claim an operation", |tx, _| {
            Box::pin(async move {
                let mut update = Query::update();
                update
                    .table("operations")
                    .values([("lease_owner", owner.into()), ("lease_until", until.0.into())])
                    .and_where(Expr::col("id").eq(id.to_string()))
                    .and_where(Expr::col("status").eq(OperationStatus::Open.as_str()))
                    .cond_where(
                        Cond::any()
                            .add(Expr::col("lease_until").lt(now.0))
                            .add(Expr::col("lease_owner").eq(owner)),
                    );
                match tx.execute("claim an operation", &update).await? {
                    0 => Ok(None),
                    _ => tx.find_operation(id).await,
                }
            })
        })
        .await
    }

    /// Keeps a lease that a long step needs. False when it has gone to somebody else.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn renew_operation(&self, id: OperationId, owner: &str, until: Timestamp) -> Result<bool> {
        self.set_lease(id, owner, until).await
    }

    /// Gives an operation back unfinished (shutdown), for anybody to take at once.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn hand_over_operation(&self, id: OperationId, owner: &str) -> Result<bool> {
        self.set_lease(id, owner, Timestamp(0)).await
    }

    async fn set_lease(&self, id: OperationId, owner: &str, until: Timestamp) -> Result<bool> {
        self.write("set a lease", |tx, _| {
            Box::pin(async move {
                let mut update = Query::update();
                update
                    .table("operations")
                    .value("lease_until", until.0)
                    .and_where(Expr::col("id").eq(id.to_string()))
                    .and_where(Expr::col("lease_owner").eq(owner));
                tx.execute("set a lease", &update).await.map(|rows| rows > 0)
            })
        })
        .await
    }

    /// One process owns a SQLite file: whatever is leased when it starts was left by its
    /// predecessor and can be taken over at once.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn drop_all_leases(&self) -> Result<u64> {
        self.write("drop all leases", |tx, _| {
            Box::pin(async move {
                let mut update = Query::update();
                update.table("operations").value("lease_until", 0i64);
                let dropped = tx.execute("drop operation leases", &update).await?;
                let mut leases = Query::update();
                leases.table("leases").value("expires_at", 0i64);
                tx.execute("drop leases", &leases).await?;
                Ok(dropped)
            })
        })
        .await
    }
}

fn lost_lease() -> crate::domain::Error {
    crate::domain::Error::conflict("Another process has taken over this operation.")
}
