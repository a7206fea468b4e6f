//! User messages.

use sea_query::{Expr, ExprTrait as _, Query, SelectStatement};
use sqlx::any::AnyRow;

use super::list::Listed;
use super::row::Columns;
use super::{Session, Tx};
use crate::domain::message::Message;
use crate::domain::page::{ListQuery, Page};
use crate::domain::{MessageId, ProjectId, RequestId, Result, Timestamp};

const COLUMNS: [&str; 10] = [
    "id",
    "project_id",
    "request_id",
    "resource_type",
    "resource_uuid",
    "event_id",
    "level",
    "text",
    "created_at",
    "expires_at",
];

fn select() -> SelectStatement {
    let mut select = Query::select();
    select.columns(COLUMNS.map(|c| ("messages", c))).from("messages");
    select
}

fn decode(row: &AnyRow) -> Result<Message> {
    let mut c = Columns::of(row);
    Ok(Message {
        id: c.parsed()?,
        project_id: ProjectId::new(c.text()?),
        request_id: RequestId::new(c.text()?),
        resource_type: c.maybe_text()?,
        resource_uuid: c.maybe_text()?,
        event_id: c.text()?,
        level: c.text()?,
        text: c.text()?,
        created_at: c.time()?,
        expires_at: c.time()?,
    })
}

const MESSAGES: Listed =
    Listed { table: "messages", project: Some("project_id"), noun: "Message", expression: |_| None };

impl Session {
    /// # Errors
    /// Those of the database.
    pub async fn find_message(
        &mut self,
        id: MessageId,
        project: Option<&ProjectId>,
    ) -> Result<Option<Message>> {
        let mut select = select();
        select.and_where(Expr::col("id").eq(id.to_string()));
        if let Some(project) = project {
            select.and_where(Expr::col("project_id").eq(project.as_str()));
        }
        self.optional("find a message", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// A page of messages.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker, or those of the database.
    pub async fn list_messages(&mut self, query: &ListQuery) -> Result<Page<Message>> {
        let after = self.marker(&MESSAGES, query).await?;
        let total =
            self.total(&MESSAGES, query, |dialect, select| MESSAGES.narrow(dialect, select, query)).await?;
        let mut select = select();
        MESSAGES.narrow(self.dialect, &mut select, query);
        MESSAGES.page(&mut select, query, after.as_deref());
        let rows = self.all("list messages", &select).await?;
        Ok(Page { items: rows.iter().map(decode).collect::<Result<_>>()?, total })
    }
}

impl Tx {
    /// # Errors
    /// Those of the database.
    pub async fn insert_message(&mut self, m: &Message) -> Result<()> {
        let mut insert = Query::insert();
        insert.into_table("messages").columns(COLUMNS).values_panic([
            m.id.to_string().into(),
            m.project_id.as_str().into(),
            m.request_id.as_str().into(),
            m.resource_type.clone().into(),
            m.resource_uuid.clone().into(),
            m.event_id.as_str().into(),
            m.level.as_str().into(),
            m.text.as_str().into(),
            m.created_at.0.into(),
            m.expires_at.0.into(),
        ]);
        self.execute("insert a message", &insert).await.map(|_| ())
    }

    /// # Errors
    /// Those of the database.
    pub async fn delete_message(&mut self, id: MessageId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("messages").and_where(Expr::col("id").eq(id.to_string()));
        self.execute("delete a message", &delete).await.map(|_| ())
    }

    /// Removes what has had its time.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn expire_messages(&mut self, now: Timestamp) -> Result<u64> {
        let mut delete = Query::delete();
        delete.from_table("messages").and_where(Expr::col("expires_at").lt(now.0));
        self.execute("expire messages", &delete).await
    }
}
