//! What the requests of `tests/conformance/rbac/requests.txt` name: made when first named, through
//! the API, by a member of the project or by the administrator.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use hearth::domain::ClusterId;
use hearth::domain::backup::Backup;
use hearth::domain::group::{GroupSnapshotStatus, GroupStatus};
use hearth::domain::status::BackupStatus;
use serde_json::{Value, json};

use super::bench::{Bench, PROJECT};

const SERVER: &str = "71543ced-a8af-45b6-a5c4-a46282108a90";

pub struct Scene<'b> {
    pub bench: &'b Bench,
    pub cluster: ClusterId,
    /// By name.
    made: BTreeMap<String, String>,
    /// How many things were made, for names that are taken by nobody.
    count: usize,
}

impl<'b> Scene<'b> {
    pub async fn new(bench: &'b Bench) -> Self {
        let cluster = bench.cluster("c1", "nova").await;
        let mut scene = Self { bench, cluster, made: BTreeMap::new(), count: 0 };
        scene.forget().await;
        scene
    }

    /// The things may not be what they were.
    pub async fn forget(&mut self) {
        self.made.clear();
        let unlimited = json!({"quota_set": {"volumes": -1, "gigabytes": -1, "snapshots": -1, "backups": -1,
            "backup_gigabytes": -1, "groups": -1}});
        for project in [PROJECT, "beef"] {
            let path = format!("/os-quota-sets/{project}");
            self.bench.put(&path, unlimited.clone()).token("admin").send().await.expect(200);
        }
    }

    /// A text of the requests with what it names filled in.
    pub async fn fill(&mut self, text: &str) -> String {
        let mut filled = String::new();
        let mut parts = text.split('@');
        filled.push_str(parts.next().unwrap());
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(part.len());
            let (word, rest) = part.split_at(end);
            // A host's `@`.
            if word == "none" {
                filled.push('@');
                filled.push_str(part);
                continue;
            }
            filled.push_str(&self.id(word).await);
            filled.push_str(rest);
        }
        filled.replace("%project", PROJECT)
    }

    /// An answer with the names again.
    pub fn plain(&self, text: &str) -> String {
        let named =
            self.made.iter().fold(text.to_owned(), |text, (word, id)| text.replace(id, &format!("@{word}")));
        named.replace(PROJECT, "%project")
    }

    fn id<'a>(&'a mut self, word: &'a str) -> BoxFuture<'a, String> {
        Box::pin(async move {
            if let Some(made) = self.made.get(word) {
                return made.clone();
            }
            self.count += 1;
            let id = self.make(word).await;
            self.made.insert(word.to_owned(), id.clone());
            id
        })
    }

    async fn make(&mut self, word: &str) -> String {
        let name = format!("{word}-{}", self.count);
        match word {
            "name" => name,
            "volume" => self.volume(json!({"size": 1, "metadata": {"k": "v"}})).await,
            "snapshot" => self.snapshot().await,
            "backup" => self.backup().await,
            "attachment" => {
                let fields = json!({"volume_uuid": self.id("volume").await, "instance_uuid": SERVER});
                let made = self.by("member", "/attachments", json!({"attachment": fields}), 200).await;
                text(&made["attachment"]["id"])
            }
            "transfer" => {
                let body = json!({"transfer": {"volume_id": self.id("volume").await}});
                let made = self.by("member", "/volume-transfers", body, 202).await;
                self.made.insert("key".to_owned(), text(&made["transfer"]["auth_key"]));
                text(&made["transfer"]["id"])
            }
            "key" => {
                self.id("transfer").await;
                self.made["key"].clone()
            }
            "type" => self.volume_type(json!({"name": name})).await,
            "multiattach" => {
                self.volume_type(json!({"name": name, "extra_specs": {"multiattach": "<is> True"}})).await
            }
            "private" => {
                let id =
                    self.volume_type(json!({"name": name, "os-volume-type-access:is_public": false})).await;
                let body = json!({"addProjectAccess": {"project": "elsewhere"}});
                self.by("admin", &format!("/types/{id}/action"), body, 202).await;
                id
            }
            "encrypted" => {
                let id = self.volume_type(json!({"name": name})).await;
                let fields = json!({"provider": "luks", "control_location": "front-end", "cipher": "aes", "key_size": 256});
                self.by("admin", &format!("/types/{id}/encryption"), json!({"encryption": fields}), 200)
                    .await;
                id
            }
            "grouptype" => self.group_type(json!({"name": name, "group_specs": {"k": "v"}})).await,
            "privategroup" => self.group_type(json!({"name": name, "is_public": false})).await,
            "group" => {
                let fields = json!({"group_type": self.id("grouptype").await, "volume_types": [self.id("type").await]});
                let made = self.by("member", "/groups", json!({"group": fields}), 202).await;
                self.filled(text(&made["group"]["id"])).await
            }
            "cg" => {
                let fields = json!({"name": "n", "volume_types": self.id("type").await});
                let made =
                    self.by("member", "/consistencygroups", json!({"consistencygroup": fields}), 202).await;
                self.filled(text(&made["consistencygroup"]["id"])).await
            }
            "groupsnapshot" => {
                let body = json!({"group_snapshot": {"group_id": self.id("group").await}});
                self.group_snapshot("/group_snapshots", body).await
            }
            "cgsnapshot" => {
                let body = json!({"cgsnapshot": {"consistencygroup_id": self.id("cg").await}});
                self.group_snapshot("/cgsnapshots", body).await
            }
            "qos" => {
                let made =
                    self.by("admin", "/qos-specs", json!({"qos_specs": {"name": name, "k": "v"}}), 200).await;
                text(&made["qos_specs"]["id"])
            }
            "message" => self.bench.message("t").await,
            other => panic!("{other} is not known here"),
        }
    }

    async fn by(&self, who: &str, path: &str, body: Value, status: u16) -> Value {
        self.bench.post(path, body).token(who).send().await.expect(status)
    }

    async fn volume(&self, fields: Value) -> String {
        let made = self.by("member", "/volumes", json!({"volume": fields}), 202).await;
        let id = text(&made["volume"]["id"]);
        self.bench.place(&id, self.cluster).await;
        let metadata = json!({"os-set_image_metadata": {"metadata": {"k": "v"}}});
        self.by("member", &format!("/volumes/{id}/action"), metadata, 200).await;
        id
    }

    async fn volume_type(&self, fields: Value) -> String {
        let mut fields = fields;
        fields["extra_specs"]["a"] = json!("b");
        if fields["extra_specs"]["multiattach"].is_null() {
            fields["extra_specs"]["multiattach"] = json!("<is> False");
        }
        text(&self.by("admin", "/types", json!({"volume_type": fields}), 200).await["volume_type"]["id"])
    }

    async fn group_type(&self, fields: Value) -> String {
        text(&self.by("admin", "/group_types", json!({"group_type": fields}), 202).await["group_type"]["id"])
    }

    async fn snapshot(&mut self) -> String {
        let fields = json!({"volume_id": self.id("volume").await, "metadata": {"k": "v"}});
        let made = self.by("member", "/snapshots", json!({"snapshot": fields}), 202).await;
        let id = text(&made["snapshot"]["id"]);
        let available = json!({"os-reset_status": {"status": "available"}});
        self.by("admin", &format!("/snapshots/{id}/action"), available, 202).await;
        id
    }

    async fn backup(&mut self) -> String {
        let volume = self.id("volume").await;
        let made = self.by("member", "/backups", json!({"backup": {"volume_id": volume}}), 202).await;
        self.bench.place(&volume, self.cluster).await;
        let id = text(&made["backup"]["id"]);
        let found = id.parse().unwrap();
        let write = self.bench.services.store.write("test", |tx, _| {
            Box::pin(async move {
                let mut backup: Backup = tx.get_backup(found).await?.backup;
                (backup.status, backup.service) = (BackupStatus::Available, Some("s".to_owned()));
                tx.update_backup(&backup).await
            })
        });
        write.await.unwrap();
        id
    }

    /// A group that is available, with a volume in it.
    async fn filled(&mut self, group: String) -> String {
        let (id, cluster) = (group.parse().unwrap(), self.cluster);
        let settled = self.bench.services.store.write("test", |tx, _| {
            Box::pin(async move {
                let mut group = tx.get_group(id).await?;
                (group.cluster_id, group.status) = (Some(cluster), GroupStatus::Available);
                tx.update_group(&group).await
            })
        });
        settled.await.unwrap();
        let fields = json!({"size": 1, "group_id": group, "volume_type": self.id("type").await});
        self.volume(fields).await;
        group
    }

    async fn group_snapshot(&mut self, path: &str, body: Value) -> String {
        let made = self.by("member", path, body, 202).await;
        let id = text(&made.as_object().unwrap().values().next().unwrap()["id"]);
        let found = id.parse().unwrap();
        let write = self.bench.services.store.write("test", |tx, _| {
            Box::pin(async move {
                let mut snapshot = tx.find_group_snapshot(found, None).await?.unwrap().snapshot;
                snapshot.status = GroupSnapshotStatus::Available;
                tx.update_group_snapshot(&snapshot).await
            })
        });
        write.await.unwrap();
        id
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
