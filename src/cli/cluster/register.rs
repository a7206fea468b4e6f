//! What can be said of a cluster on the command line.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value, json};

/// Paths are those of the host on which hearth runs.
#[derive(Debug, Args)]
pub(super) struct Register {
    /// Name for people and for Cinder's `host`.
    name: String,
    /// `host:port` of a management API server; once for each.
    #[arg(long = "api-endpoint", required = true, value_name = "HOST:PORT")]
    api_endpoints: Vec<String>,
    /// The UUID the cluster must have; without it it is asked at first contact.
    #[arg(long)]
    uuid: Option<String>,
    /// File with a JWT that may read the cluster and manage volumes.
    #[arg(long, value_name = "FILE", conflicts_with = "rsa_key_file")]
    jwt_file: Option<PathBuf>,
    /// Private key from which short-lived JWTs are minted.
    #[arg(long, value_name = "FILE", requires = "key_id")]
    rsa_key_file: Option<PathBuf>,
    /// Name of that key on the cluster, `<scope>:<credential>`.
    #[arg(long, requires = "rsa_key_file")]
    key_id: Option<String>,
    /// CA certificates (PEM) of the cluster.
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    ca_file: Option<PathBuf>,
    /// Accept any certificate: whoever is in between can read the credentials.
    #[arg(long)]
    insecure: bool,
    #[command(flatten)]
    limits: Limits,
}

#[derive(Debug, Args)]
struct Limits {
    #[arg(long, value_name = "ZONE")]
    availability_zone: Option<String>,
    /// `key=value`, for types with `hearth:label:key`.
    #[arg(long = "label", value_name = "KEY=VALUE")]
    labels: Vec<String>,
    /// The Lightbits project of all volumes.
    #[arg(long, conflicts_with = "project_per_tenant")]
    project: Option<String>,
    /// A Lightbits project for each Keystone project.
    #[arg(long)]
    project_per_tenant: bool,
    /// How many times its effective capacity may be provisioned.
    #[arg(long, value_name = "RATIO")]
    max_over_subscription: Option<f64>,
    /// Physical use from which it gets no new volumes.
    #[arg(long, value_name = "PERCENT")]
    max_physical_used: Option<u8>,
    #[arg(long, value_name = "1..3")]
    default_replicas: Option<u8>,
}

impl Register {
    pub(super) fn body(&self) -> anyhow::Result<Value> {
        let mut labels = Map::new();
        for label in &self.limits.labels {
            let (key, value) =
                label.split_once('=').with_context(|| format!("{label:?} is not key=value"))?;
            labels.insert(key.to_owned(), value.into());
        }
        let path = |path: &Option<PathBuf>| path.as_deref().map(Path::to_string_lossy).map(Value::from);
        let mut cluster = json!({
            "name": self.name,
            "endpoints": self.api_endpoints,
            "uuid": self.uuid,
            "jwt_file": path(&self.jwt_file),
            "rsa_key_file": path(&self.rsa_key_file),
            "key_id": self.key_id,
            "ca_file": path(&self.ca_file),
            "tls": self.insecure.then_some("insecure"),
            "availability_zone": self.limits.availability_zone,
            "tenancy": self.limits.project_per_tenant.then_some("per-project"),
            "project": self.limits.project,
            "max_over_subscription_ratio": self.limits.max_over_subscription,
            "max_physical_used_percent": self.limits.max_physical_used,
            "default_replicas": self.limits.default_replicas,
            "labels": labels,
        });
        if let Some(cluster) = cluster.as_object_mut() {
            cluster.retain(|_, value| !value.is_null());
        }
        Ok(json!({"cluster": cluster}))
    }
}
