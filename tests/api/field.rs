//! Where groups are tested. Nobody works here, so a test gives a group its cluster itself.

use hearth::domain::ClusterId;
use hearth::domain::group::GroupStatus;
use serde_json::{Value, json};

use super::bench::Bench;

/// A cluster, a group type `tiers`, and the means to make groups of it.
pub struct Field {
    pub bench: Bench,
    pub cluster: ClusterId,
    pub group_type: String,
}

impl Field {
    pub async fn new() -> Self {
        let bench = Bench::new().await;
        let cluster = bench.cluster("c1", "nova").await;
        let made =
            bench.post("/group_types", json!({"group_type": {"name": "tiers"}})).send().await.expect(202);
        let group_type = made["group_type"]["id"].as_str().unwrap().to_owned();
        Self { bench, cluster, group_type }
    }

    /// Just made: `creating`.
    pub async fn fresh(&self) -> String {
        let fields = json!({"group_type": "tiers", "volume_types": ["__DEFAULT__"], "name": " g "});
        let made = self.bench.post("/groups", json!({"group": fields})).send().await.expect(202);
        assert_eq!(made["group"]["name"], "g");
        made["group"]["id"].as_str().unwrap().to_owned()
    }

    /// On the cluster, `available`, as the worker leaves it.
    pub async fn group(&self) -> String {
        let id = self.fresh().await;
        self.settle(&id, GroupStatus::Available).await;
        id
    }

    pub async fn settle(&self, group: &str, status: GroupStatus) {
        let (id, cluster) = (group.parse().unwrap(), self.cluster);
        let settled = self.bench.services.store.write("test", |tx, _| {
            Box::pin(async move {
                let mut group = tx.get_group(id).await?;
                (group.cluster_id, group.status) = (Some(cluster), status);
                tx.update_group(&group).await
            })
        });
        settled.await.unwrap();
    }

    /// A volume of the group, available on its cluster.
    pub async fn member(&self, group: &str) -> String {
        let fields = json!({"size": 1, "group_id": group, "volume_type": "__DEFAULT__"});
        let id = self.bench.volume(fields).await;
        self.bench.place(&id, self.cluster).await;
        id
    }

    /// A volume of no group, available on the cluster.
    pub async fn loner(&self) -> String {
        let id = self.bench.volume(json!({"size": 1})).await;
        self.bench.place(&id, self.cluster).await;
        id
    }

    pub async fn act(&self, group: &str, body: Value) -> super::bench::Answer {
        self.bench.post(&format!("/groups/{group}/action"), body).send().await
    }

    pub async fn show(&self, group: &str) -> Value {
        self.bench.get(&format!("/groups/{group}?list_volume=1")).send().await.expect(200)["group"].clone()
    }
}
