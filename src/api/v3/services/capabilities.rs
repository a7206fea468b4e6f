//! `GET /capabilities/{host}`.

use serde::Serialize;

use super::pools::{DRIVER_VERSION, PROTOCOL, VENDOR};
use super::service_host;
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::domain::{Error, Result};

#[derive(Serialize)]
struct Capabilities<'a> {
    namespace: String,
    vendor_name: &'static str,
    volume_backend_name: &'a str,
    pool_name: Option<&'a str>,
    driver_version: &'static str,
    storage_protocol: &'static str,
    display_name: Option<&'a str>,
    description: Option<&'a str>,
    visibility: Option<&'a str>,
    replication_targets: [(); 0],
    properties: Properties,
}

#[derive(Serialize)]
struct Properties {
    thin_provisioning: Property,
    compression: Property,
    qos: Property,
    replication_enabled: Property,
}

#[derive(Serialize)]
struct Property {
    title: &'static str,
    description: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
}

const fn boolean(title: &'static str, description: &'static str) -> Property {
    Property { title, description, kind: "boolean" }
}

pub async fn show(call: Call) -> Result<Reply> {
    call.authorize_own()?;
    let host = call.param("host");
    let found = call.edge.services.backend(host).await?;
    let cluster = found.ok_or_else(|| Error::not_found(format!("Can't find service: {host}")))?;
    Ok(Reply::ok(&Capabilities {
        namespace: format!("OS::Storage::Capabilities::{}", service_host(&cluster)),
        vendor_name: VENDOR,
        volume_backend_name: cluster.name.as_str(),
        pool_name: None,
        driver_version: DRIVER_VERSION,
        storage_protocol: PROTOCOL,
        display_name: None,
        description: None,
        visibility: None,
        replication_targets: [],
        properties: Properties {
            thin_provisioning: boolean("Thin Provisioning", "Sets thin provisioning."),
            compression: boolean("Compression", "Enables compression."),
            qos: boolean("QoS", "Enables QoS."),
            replication_enabled: boolean("Replication", "Enables replication."),
        },
    }))
}
