//! Who may do what (`lightbits-api` §1.2).

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hearth::simulator::{AuthMode, ROOT_KID};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Cluster, NOON, Reply, SNAPSHOTS, VOLUMES, cluster, refused, reply, volume, with};

fn now() -> i64 {
    NOON.0 / 1_000_000
}

fn claims(roles: &[&str]) -> Value {
    json!({"sub": "test", "roles": roles, "iat": now(), "exp": now() + 60})
}

fn sign(pem: &str, kid: &str, claims: &Value) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::RS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()).unwrap()
}

impl Cluster {
    fn token(&self, roles: &[&str]) -> String {
        let pem = fs::read_to_string(&self.running.keys().root_key).unwrap();
        sign(&pem, ROOT_KID, &claims(roles))
    }
    async fn bearing(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.http.request(method, self.url(0, path)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        reply(request.send().await.unwrap()).await
    }
    async fn status(&self, token: &str, path: &str) -> u16 {
        self.bearing(token, Method::GET, path, None).await.0
    }
}

#[tokio::test]
async fn tokens_that_prove_nothing_get_401() {
    let cluster = cluster().await;
    let none = cluster.http.get(cluster.url(0, "version")).send().await.unwrap();
    assert_eq!(refused(reply(none).await), (401, 16));
    let pem = fs::read_to_string(&cluster.running.keys().root_key).unwrap();
    let stranger = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap().serialize_pem();
    let good = claims(&["system:cluster-admin"]);
    let with = |key: &str, value: Value| {
        let mut claims = good.clone();
        claims[key] = value;
        sign(&pem, ROOT_KID, &claims)
    };
    let unsigned = {
        let token = sign(&pem, ROOT_KID, &good);
        format!("{}.", token.rsplit_once('.').unwrap().0)
    };
    let header = Header { kid: Some(ROOT_KID.to_owned()), ..Header::new(Algorithm::HS256) };
    let symmetric = jsonwebtoken::encode(&header, &good, &EncodingKey::from_secret(b"x")).unwrap();
    for (why, token) in [
        ("nonsense", "abc".to_owned()),
        ("another key", sign(&stranger, ROOT_KID, &good)),
        ("unknown kid", sign(&pem, "system:other", &good)),
        ("kid without scope", sign(&pem, "root", &good)),
        ("expired", with("exp", json!(now()))),
        ("not yet", with("nbf", json!(now() + 10))),
        ("no subject", with("sub", json!(""))),
        ("no roles", with("roles", Value::Null)),
        ("unsigned", unsigned),
        ("wrong algorithm", symmetric),
    ] {
        assert_eq!(refused(cluster.bearing(&token, Method::GET, "version", None).await), (401, 16), "{why}");
    }
    assert_eq!(cluster.status(&sign(&pem, ROOT_KID, &good), "version").await, 200);
    assert_eq!(cluster.status(&with("nbf", json!(now())), "version").await, 200);
    // The same token later.
    let token = sign(&pem, ROOT_KID, &good);
    cluster.pass(61);
    assert_eq!(cluster.status(&token, "version").await, 401);
}

#[tokio::test]
async fn roles_open_what_they_should() {
    let cluster = cluster().await;
    cluster.post("projects", json!({"name": "a"})).await;
    let viewer = cluster.token(&["system:cluster-viewer"]);
    let tenant = fs::read_to_string(&cluster.running.keys().default_admin_jwt).unwrap();
    let reader = cluster.token(&["default:viewer"]);
    let other = cluster.token(&["a:admin"]);
    let nobody = cluster.token(&["system:janitor"]);
    let table = [
        // path, cluster viewer, project admin, project viewer, admin of another project, no role
        ("version", [200, 200, 200, 200, 403]),
        ("clusterinfo", [200, 200, 200, 200, 403]),
        ("nodes", [200, 200, 200, 200, 403]),
        ("cluster", [200, 403, 403, 403, 403]),
        ("servers", [200, 403, 403, 403, 403]),
        ("featureFlags", [200, 403, 403, 403, 403]),
        ("clusterConfig", [200, 403, 403, 403, 403]),
        ("policies", [200, 200, 200, 200, 403]),
        (VOLUMES, [200, 200, 200, 403, 403]),
        (SNAPSHOTS, [200, 200, 200, 403, 403]),
        ("volumes", [200, 400, 400, 400, 403]),
        ("volumes?projectName=default", [200, 200, 200, 403, 403]),
        ("projects/default", [200, 200, 200, 403, 403]),
        ("projects/default/credentials", [200, 200, 200, 403, 403]),
    ];
    for (path, expected) in table {
        for (token, status) in [&viewer, &tenant, &reader, &other, &nobody].into_iter().zip(expected) {
            assert_eq!(cluster.status(token, path).await, status, "{path}");
        }
    }
    let create = |token: String, project: &'static str| {
        let cluster = &cluster;
        async move {
            let path = format!("projects/{project}/volumes");
            cluster.bearing(&token, Method::POST, &path, Some(volume("v"))).await.0
        }
    };
    assert_eq!(create(viewer, "default").await, 403);
    assert_eq!(create(reader, "default").await, 403);
    assert_eq!(create(other.clone(), "default").await, 403);
    assert_eq!(create(tenant.clone(), "nowhere").await, 403);
    assert_eq!(create(tenant.clone(), "default").await, 200);
    assert_eq!(create(other, "a").await, 200);
    let project = cluster.bearing(&tenant, Method::POST, "projects", Some(json!({"name": "b"}))).await;
    assert_eq!(refused(project), (403, 7));
}

#[tokio::test]
async fn a_tenants_own_key_signs_for_that_tenant() {
    let cluster = cluster().await;
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let pem = key.serialize_pem();
    let credential =
        json!({"ID": "k1", "type": "RS256PubKey", "payload": STANDARD.encode(key.public_key_pem())});
    let path = "projects/default/credentials";
    assert_eq!(cluster.post(path, json!({"ID": "k0", "type": 1, "payload": "AAAA"})).await.0, 400);
    assert_eq!(cluster.post(path, credential.clone()).await.0, 200);
    assert_eq!(refused(cluster.post(path, credential).await), (409, 6));
    let token = sign(&pem, "default:k1", &claims(&["default:admin", "system:cluster-admin"]));
    assert_eq!(cluster.status(&token, VOLUMES).await, 200);
    assert_eq!(cluster.status(&token, "cluster").await, 403, "it cannot make itself an admin");
    assert_eq!(cluster.delete("projects/default/credentials/k1").await, (200, json!({})));
    assert_eq!(cluster.status(&token, VOLUMES).await, 401);
    assert_eq!(refused(cluster.get("projects/default/credentials/k1").await), (404, 5));
}

#[tokio::test]
async fn without_authentication_everybody_is_admin() {
    let cluster = with(|options| options.auth = AuthMode::Open).await;
    let response = cluster.http.get(cluster.url(0, "cluster")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(cluster.status("nonsense", "cluster").await, 200);
}

#[tokio::test]
async fn secrets_are_readable_by_their_owner_only() {
    use std::os::unix::fs::MetadataExt;
    let cluster = cluster().await;
    let keys = cluster.running.keys();
    let ca_key = cluster.dir.path().join("ca-key.pem");
    for path in [&keys.root_key, &keys.system_jwt, &keys.default_admin_jwt, &ca_key] {
        assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn roles_can_be_read() {
    let cluster = cluster().await;
    let roles = cluster.get("projects/system/roles").await.1;
    assert_eq!(roles["roles"][0]["name"], "cluster-admin");
    let role = cluster.get("projects/default/roles/viewer").await.1;
    let rules: Value = serde_json::from_str(role["rulesJson"].as_str().unwrap()).unwrap();
    assert_eq!(rules[0]["actions"], json!(["get", "list"]));
    assert_eq!(refused(cluster.get("projects/default/roles/owner").await), (404, 5));
}
