//! Calls about QoS policies.

use hyper::Method;
use uuid::Uuid;

use crate::domain::operation::Lane;

use super::QosPolicy;
use super::call::{Call, Kind};
use super::client::Cluster;
use super::error::{Outcome, Trouble};
use super::requests::CreatePolicy;
use super::wire;

impl Cluster {
    pub async fn policies(&self, lane: Lane) -> Result<Vec<QosPolicy>, Trouble> {
        self.read(lane, Call::get("list_policies", &["policies"])).await?.list("policies")
    }

    pub async fn policy(&self, lane: Lane, uuid: Uuid) -> Result<Option<QosPolicy>, Trouble> {
        self.find(lane, Call::get("get_policy", &["policies", &uuid.to_string()])).await
    }

    /// Name of the policy of volumes that name none, in projects without a default of their own.
    pub async fn default_policy_name(&self, lane: Lane) -> Result<Option<String>, Trouble> {
        let call = Call::get("get_cluster_config", &["clusterConfig", "DefaultQoSName"]);
        Ok(self.read(lane, call).await?.fields().text("value"))
    }

    pub async fn create_policy(&self, lane: Lane, request: &CreatePolicy) -> Outcome<QosPolicy> {
        let call = Call::new("create_policy", Kind::Create, Method::POST, &["policies"]);
        self.create(lane, call.json(&wire::policy(request, None))).await
    }

    /// Reaches the volumes that have the policy by and by.
    pub async fn update_policy(&self, lane: Lane, uuid: Uuid, request: &CreatePolicy) -> Outcome<()> {
        let uuid = uuid.to_string();
        let call = Call::new("update_policy", Kind::Change, Method::PUT, &["policies", &uuid]);
        self.write(lane, call.json(&wire::policy(request, Some(&uuid)))).await.map(|_| ())
    }

    pub async fn delete_policy(&self, lane: Lane, uuid: Uuid) -> Outcome<()> {
        let path = ["policies", &uuid.to_string()];
        self.write(lane, Call::new("delete_policy", Kind::Change, Method::DELETE, &path)).await.map(|_| ())
    }
}
