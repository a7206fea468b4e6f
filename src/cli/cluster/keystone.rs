//! A token for a password, and where the catalog says hearth is.

use anyhow::{Context as _, bail};
use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

/// The usual `OS_*` variables.
#[derive(Debug, Args)]
pub(super) struct Password {
    #[arg(long, global = true, env = "OS_AUTH_URL", hide = true)]
    os_auth_url: Option<Url>,
    #[arg(long, global = true, env = "OS_USERNAME", hide = true)]
    os_username: Option<String>,
    #[arg(long, global = true, env = "OS_PASSWORD", hide = true, hide_env_values = true)]
    os_password: Option<SecretString>,
    #[arg(long, global = true, env = "OS_PROJECT_NAME", hide = true)]
    os_project_name: Option<String>,
    #[arg(long, global = true, env = "OS_USER_DOMAIN_NAME", hide = true, default_value = "Default")]
    os_user_domain_name: String,
    #[arg(long, global = true, env = "OS_PROJECT_DOMAIN_NAME", hide = true, default_value = "Default")]
    os_project_domain_name: String,
    #[arg(long, global = true, env = "OS_REGION_NAME", hide = true)]
    os_region_name: Option<String>,
    #[arg(long, global = true, env = "OS_INTERFACE", hide = true, default_value = "public")]
    os_interface: String,
}

const SERVICE_TYPES: [&str; 3] = ["block-storage", "block-store", "volumev3"];

impl Password {
    pub(super) const fn is_given(&self) -> bool {
        self.os_auth_url.is_some() && self.os_username.is_some() && self.os_password.is_some()
    }

    fn body(&self) -> Value {
        let domain = |name: &str| json!({"name": name});
        let user = json!({
            "name": self.os_username,
            "password": self.os_password.as_ref().map(|password| password.expose_secret()),
            "domain": domain(&self.os_user_domain_name),
        });
        let mut auth = json!({"identity": {"methods": ["password"], "password": {"user": user}}});
        if let (Some(project), Some(auth)) = (&self.os_project_name, auth.as_object_mut()) {
            let project = json!({"name": project, "domain": domain(&self.os_project_domain_name)});
            auth.insert("scope".to_owned(), json!({"project": project}));
        }
        json!({"auth": auth})
    }
}

/// The token, and the root of the block-storage endpoint if the catalog has one.
pub(super) async fn authenticate(
    http: &reqwest::Client,
    password: &Password,
) -> anyhow::Result<(SecretString, Option<Url>)> {
    let mut url = password.os_auth_url.clone().context("OS_AUTH_URL is not set")?;
    if !url.path().trim_end_matches('/').ends_with("/v3") {
        url = url.join(&format!("{}/v3", url.path().trim_end_matches('/')))?;
    }
    let url = url.join(&format!("{}/auth/tokens", url.path().trim_end_matches('/')))?;
    let response = http.post(url).json(&password.body()).send().await.context("cannot reach Keystone")?;
    if !response.status().is_success() {
        bail!("Keystone does not accept the password ({})", response.status());
    }
    let token = response.headers().get("x-subject-token").and_then(|token| token.to_str().ok());
    let token = SecretString::from(token.context("Keystone gave no token")?.to_owned());
    let body: Value = response.json().await.context("Keystone does not answer like Keystone")?;
    Ok((token, root_in_catalog(&body, &password.os_interface, password.os_region_name.as_deref())))
}

fn root_in_catalog(body: &Value, interface: &str, region: Option<&str>) -> Option<Url> {
    let catalog = body.pointer("/token/catalog")?.as_array()?;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let of_type = |kind: &&str| {
        let service = catalog.iter().find(|service| text(service, "type").as_deref() == Some(kind))?;
        let endpoints = service.get("endpoints")?.as_array()?;
        let endpoint = endpoints.iter().find(|endpoint| {
            text(endpoint, "interface").as_deref() == Some(interface)
                && region.is_none_or(|region| text(endpoint, "region").as_deref() == Some(region))
        })?;
        text(endpoint, "url")
    };
    let url = SERVICE_TYPES.iter().find_map(of_type)?;
    // `…/v3` or `…/v3/<project>`: the fleet API lies beside it.
    let root = url.split_once("/v3").map_or(url.as_str(), |(root, _)| root);
    Url::parse(root).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_tells_the_root() {
        let body = json!({"token": {"catalog": [
            {"type": "compute", "endpoints": [{"interface": "public", "url": "http://nova"}]},
            {"type": "volumev3", "endpoints": [
                {"interface": "internal", "region": "one", "url": "http://in:8776/v3/%(tenant_id)s"},
                {"interface": "public", "region": "one", "url": "http://one:8776/v3/0af"},
                {"interface": "public", "region": "two", "url": "https://two/volume/v3"},
            ]},
        ]}});
        let root = |interface, region| root_in_catalog(&body, interface, region).map(|url| url.to_string());
        assert_eq!(root("public", None), Some("http://one:8776/".to_owned()));
        assert_eq!(root("public", Some("two")), Some("https://two/volume".to_owned()));
        assert_eq!(root("internal", Some("one")), Some("http://in:8776/".to_owned()));
        assert_eq!(root("admin", None), None);
        assert_eq!(root_in_catalog(&json!({}), "public", None), None);
    }
}
