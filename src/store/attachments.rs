//! The attachments table.

use std::collections::HashMap;

use sea_query::{Expr, ExprTrait as _, Query, SelectStatement, Value};
use sqlx::any::AnyRow;

use super::list::Listed;
use super::row::{Columns, json_text};
use super::versioned::AsRead;
use super::{Session, Tx};
use crate::domain::attachment::Attachment;
use crate::domain::page::{ListQuery, Page};
use crate::domain::status::AttachStatus;
use crate::domain::volume::AttachedTo;
use crate::domain::{AttachmentId, Error, ErrorKind, ProjectId, Result, VolumeId};

/// In the order of `values` and `decode`.
const COLUMNS: [&str; 13] = [
    "id",
    "volume_id",
    "project_id",
    "instance_id",
    "host",
    "mountpoint",
    "status",
    "mode",
    "attached_at",
    "connector",
    "connection_info",
    "created_at",
    "updated_at",
];

fn values(a: &Attachment) -> Result<[Value; 13]> {
    Ok([
        a.id.to_string().into(),
        a.volume_id.to_string().into(),
        a.project_id.as_str().into(),
        a.instance_id.clone().into(),
        a.host.clone().into(),
        a.mountpoint.clone().into(),
        a.status.as_str().into(),
        a.mode.clone().into(),
        a.attached_at.map(|at| at.0).into(),
        a.connector.as_ref().map(json_text).transpose()?.into(),
        a.connection_info.clone().into(),
        a.created_at.0.into(),
        a.updated_at.map(|at| at.0).into(),
    ])
}

fn select() -> SelectStatement {
    let mut select = Query::select();
    select
        .columns(COLUMNS.map(|c| ("attachments", c)))
        .column(("attachments", "version"))
        .from("attachments");
    select
}

fn decode(row: &AnyRow) -> Result<Attachment> {
    let mut c = Columns::of(row);
    Ok(Attachment {
        id: c.parsed()?,
        volume_id: c.parsed()?,
        project_id: ProjectId::new(c.text()?),
        instance_id: c.maybe_text()?,
        host: c.maybe_text()?,
        mountpoint: c.maybe_text()?,
        status: c.one_of(AttachStatus::parse)?,
        mode: c.maybe_text()?,
        attached_at: c.maybe_time()?,
        connector: c.maybe_json()?,
        connection_info: c.maybe_text()?,
        created_at: c.time()?,
        updated_at: c.maybe_time()?,
        version: c.int()?,
    })
}

const ATTACHMENTS: Listed = Listed {
    table: "attachments",
    project: Some("project_id"),
    noun: "Volume attachment",
    expression: |field| {
        let column = match field.name {
            "attach_status" => "status",
            "attach_mode" => "mode",
            "attached_host" => "host",
            "instance_uuid" => "instance_id",
            _ => return None,
        };
        Some(Expr::col(("attachments", column)))
    },
};

impl Session {
    /// # Errors
    /// Those of the database; an unknown attachment, or one of another project, is `None`.
    pub async fn find_attachment(
        &mut self,
        id: AttachmentId,
        project: Option<&ProjectId>,
    ) -> Result<Option<Attachment>> {
        let mut select = select();
        select.and_where(Expr::col(("attachments", "id")).eq(id.to_string()));
        if let Some(project) = project {
            select.and_where(Expr::col(("attachments", "project_id")).eq(project.as_str()));
        }
        self.optional("find an attachment", &select).await?.map(|row| decode(&row)).transpose()
    }

    /// A page of attachments.
    ///
    /// # Errors
    /// `NotFound` for an unknown marker, or those of the database.
    pub async fn list_attachments(&mut self, query: &ListQuery) -> Result<Page<Attachment>> {
        let after =
            self.marker(&ATTACHMENTS, query).await.map_err(|error| match (error.kind(), &query.marker) {
                (ErrorKind::NotFound, Some(marker)) => missing(marker),
                _ => error,
            })?;
        let total = self
            .total(&ATTACHMENTS, query, |dialect, select| ATTACHMENTS.narrow(dialect, select, query))
            .await?;
        let mut select = select();
        ATTACHMENTS.narrow(self.dialect, &mut select, query);
        ATTACHMENTS.page(&mut select, query, after.as_deref());
        let rows = self.all("list attachments", &select).await?;
        Ok(Page { items: rows.iter().map(decode).collect::<Result<_>>()?, total })
    }

    /// The attachments of a volume, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn attachments_of(&mut self, volume: VolumeId) -> Result<Vec<Attachment>> {
        let mut select = select();
        select
            .and_where(Expr::col(("attachments", "volume_id")).eq(volume.to_string()))
            .order_by(("attachments", "created_at"), sea_query::Order::Asc)
            .order_by(("attachments", "id"), sea_query::Order::Asc);
        let rows = self.all("attachments of a volume", &select).await?;
        rows.iter().map(decode).collect()
    }

    /// What these volumes show of their finished attachments. One statement.
    pub(super) async fn attached_to(
        &mut self,
        volumes: &[VolumeId],
    ) -> Result<HashMap<VolumeId, Vec<AttachedTo>>> {
        let mut select = select();
        select
            .and_where(Expr::col(("attachments", "volume_id")).is_in(volumes.iter().map(ToString::to_string)))
            .and_where(Expr::col(("attachments", "status")).eq(AttachStatus::Attached.as_str()))
            .order_by(("attachments", "created_at"), sea_query::Order::Asc);
        let mut found: HashMap<VolumeId, Vec<AttachedTo>> = HashMap::new();
        for row in &self.all("attachments of volumes", &select).await? {
            let attachment = decode(row)?;
            found.entry(attachment.volume_id).or_default().push(AttachedTo {
                id: attachment.id,
                server_id: attachment.instance_id,
                host_name: attachment.host,
                device: attachment.mountpoint,
                attached_at: attachment.attached_at,
            });
        }
        Ok(found)
    }
}

impl Tx {
    /// # Errors
    /// Those of the database.
    pub async fn insert_attachment(&mut self, attachment: &Attachment) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(attachment)?);
        self.insert_first("insert an attachment", "attachments", row).await
    }

    /// Writes the whole row back, if nobody changed it since it was read.
    ///
    /// # Errors
    /// A row that moved restarts the transaction.
    pub async fn update_attachment(&mut self, attachment: &Attachment) -> Result<()> {
        let row = COLUMNS.into_iter().zip(values(attachment)?);
        let read =
            AsRead { table: "attachments", id: attachment.id.to_string(), version: attachment.version };
        self.write_back("update an attachment", read, row).await
    }

    /// # Errors
    /// Those of the database.
    pub async fn delete_attachment(&mut self, id: AttachmentId) -> Result<()> {
        let mut delete = Query::delete();
        delete.from_table("attachments").and_where(Expr::col("id").eq(id.to_string()));
        self.execute("delete an attachment", &delete).await.map(|_| ())
    }

    /// An attachment that must exist.
    ///
    /// # Errors
    /// `NotFound` in Cinder's words.
    pub async fn get_attachment(&mut self, id: AttachmentId) -> Result<Attachment> {
        let found = self.find_attachment(id, None).await?;
        found.ok_or_else(|| missing(&id.to_string()))
    }
}

fn missing(id: &str) -> Error {
    Error::not_found(format!("Volume attachment could not be found with filter: attachment_id = {id}."))
}
