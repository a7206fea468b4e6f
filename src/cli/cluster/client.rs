//! The fleet API from outside.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::keystone::{self, Password};

const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:8776";
/// A registration waits for first contact.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Where hearth is and who asks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connection {
    /// URL of hearth; without it the block-storage endpoint of the catalog, or this host.
    #[arg(long, global = true, env = "HEARTH_ENDPOINT", value_name = "URL")]
    endpoint: Option<Url>,
    /// A Keystone token.
    #[arg(long, global = true, env = "OS_TOKEN", hide_env_values = true)]
    token: Option<SecretString>,
    /// Ask without a token, as hearth with `auth.strategy = "noauth"` allows.
    #[arg(long, global = true)]
    no_auth: bool,
    /// CA certificates (PEM) for hearth and Keystone.
    #[arg(long, global = true, env = "OS_CACERT", value_name = "FILE")]
    cacert: Option<PathBuf>,
    #[command(flatten)]
    password: Password,
}

pub(super) struct Client {
    http: reqwest::Client,
    root: Url,
    token: Option<SecretString>,
}

impl Client {
    /// Gets a token where one is needed, and finds out where hearth is.
    pub(super) async fn connect(connection: &Connection) -> anyhow::Result<Self> {
        let http = http_client(connection.cacert.as_ref())?;
        let default = || Url::parse(DEFAULT_ENDPOINT).context("the default endpoint");
        let given = connection.endpoint.clone();
        if connection.no_auth {
            return Ok(Self { http, root: given.map_or_else(default, Ok)?, token: None });
        }
        if let Some(token) = &connection.token {
            return Ok(Self { http, root: given.map_or_else(default, Ok)?, token: Some(token.clone()) });
        }
        if !connection.password.is_given() {
            bail!("who asks? Give --token (OS_TOKEN), the OS_* variables of a password, or --no-auth");
        }
        let (token, in_catalog) = keystone::authenticate(&http, &connection.password).await?;
        let root = match given.or(in_catalog) {
            Some(root) => root,
            None => default()?,
        };
        Ok(Self { http, root, token: Some(token) })
    }

    pub(super) async fn get(&self, path: &[&str]) -> anyhow::Result<Value> {
        self.send(self.request(Method::GET, path)?).await
    }

    pub(super) async fn post(&self, path: &[&str], body: &Value) -> anyhow::Result<Value> {
        self.send(self.request(Method::POST, path)?.json(body)).await
    }

    pub(super) async fn delete(&self, path: &[&str], query: Option<(&str, &str)>) -> anyhow::Result<Value> {
        self.send(self.request(Method::DELETE, path)?.query(query.as_slice())).await
    }

    fn request(&self, method: Method, path: &[&str]) -> anyhow::Result<RequestBuilder> {
        let mut url = self.root.clone();
        url.path_segments_mut()
            .map_err(|()| anyhow!("{} is not the URL of a server", self.root))?
            .pop_if_empty()
            .extend(["fleet", "v1"])
            .extend(path);
        let request = self.http.request(method, url);
        Ok(match &self.token {
            Some(token) => request.header("X-Auth-Token", token.expose_secret()),
            None => request,
        })
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let response = request.send().await.with_context(|| format!("cannot reach {}", self.root))?;
        let status = response.status();
        let body = response.bytes().await.context("the answer broke off")?;
        if status == StatusCode::UNAUTHORIZED {
            bail!("the token is not accepted (401)");
        }
        if !status.is_success() {
            bail!("{}", refusal(status, &body));
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).with_context(|| format!("{} does not answer like hearth", self.root))
    }
}

/// `{"<fault>": {"message": …}}`, or whatever else came.
fn refusal(status: StatusCode, body: &[u8]) -> String {
    let fault = serde_json::from_slice::<Value>(body).ok();
    let message = fault.as_ref().and_then(|fault| {
        let inner = fault.as_object()?.values().find_map(|inner| inner.get("message")?.as_str());
        inner.or_else(|| fault.get("message")?.as_str())
    });
    match message {
        Some(message) => format!("{message} ({})", status.as_u16()),
        None => format!("the server answered {status}"),
    }
}

fn http_client(cacert: Option<&PathBuf>) -> anyhow::Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .connect_timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none());
    if let Some(file) = cacert {
        let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let authorities = reqwest::Certificate::from_pem_bundle(&pem)
            .with_context(|| format!("{} holds no certificates", file.display()))?;
        builder = builder.tls_certs_merge(authorities);
    }
    builder.build().context("cannot set up TLS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_server_said() {
        let of = |body: &str| refusal(StatusCode::CONFLICT, body.as_bytes());
        assert_eq!(of(r#"{"conflictingRequest": {"code": 409, "message": "taken"}}"#), "taken (409)");
        assert_eq!(of(r#"{"message": "plain", "code": "409"}"#), "plain (409)");
        assert_eq!(of("<html>"), "the server answered 409 Conflict");
        assert_eq!(of("[]"), "the server answered 409 Conflict");
    }
}
