//! The route table, and how a v1 gateway matches paths: segment by segment, where an empty
//! segment matches a parameter too, and a colon in the last one is a verb that nothing has.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use super::caller::Need;
use super::{Handler, absent, cluster, nodes, policies, projects, settings, snapshots, volumes};
use Handler::{Read, Write};

pub struct Route {
    pub method: &'static str,
    /// Below `/api/v2/`; a segment in braces is a parameter.
    pub path: &'static str,
    /// For fault rules and counters.
    pub operation: &'static str,
    pub need: Need,
    pub handler: Handler,
}

const fn route(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
    need: Need,
    handler: Handler,
) -> Route {
    Route { method, path, operation, need, handler }
}

use Need::{AnyRole, ReadCluster, ReadProject, WriteCluster, WriteProject};

static ROUTES: &[Route] = &[
    route("GET", "version", "get_version", AnyRole, Read(cluster::version)),
    route("GET", "clusterinfo", "get_clusterinfo", AnyRole, Read(cluster::info)),
    route("GET", "cluster", "get_cluster", ReadCluster, Read(cluster::show)),
    route("GET", "nodes", "list_nodes", AnyRole, Read(nodes::list)),
    route("GET", "nodes/{UUID}", "get_node", AnyRole, Read(nodes::get)),
    route("GET", "servers", "list_servers", ReadCluster, Read(nodes::servers)),
    route("GET", "servers/{UUID}", "get_server", ReadCluster, Read(nodes::server)),
    route("GET", "connectedHosts", "list_connected_hosts", ReadCluster, Read(cluster::connected_hosts)),
    route(
        "GET",
        "connectedHosts/{hostNQN}",
        "get_connected_host",
        ReadCluster,
        Read(cluster::connected_host),
    ),
    route("GET", "events", "list_events", ReadCluster, Read(cluster::events)),
    route("GET", "projects/{projectName}/events", "list_events", ReadProject, Read(cluster::events)),
    route("POST", "projects/{projectName}/volumes", "create_volume", WriteProject, Write(volumes::create)),
    route("GET", "projects/{projectName}/volumes", "list_volumes", ReadProject, Read(volumes::list)),
    route("GET", "projects/{projectName}/volumes/{UUID}", "get_volume", ReadProject, Read(volumes::get)),
    route(
        "PUT",
        "projects/{projectName}/volumes/{UUID}",
        "update_volume",
        WriteProject,
        Write(volumes::update),
    ),
    route(
        "DELETE",
        "projects/{projectName}/volumes/{UUID}",
        "delete_volume",
        WriteProject,
        Write(volumes::delete),
    ),
    route(
        "PUT",
        "projects/{projectName}/volumes/{UUID}/rollback",
        "rollback_volume",
        WriteProject,
        Write(volumes::rollback),
    ),
    route("POST", "volumes", "create_volume", WriteProject, Write(volumes::create)),
    route("GET", "volumes", "list_volumes", ReadProject, Read(volumes::list)),
    route("GET", "volumes/{UUID}", "get_volume", ReadProject, Read(volumes::get)),
    route("PUT", "volumes/{UUID}", "update_volume", WriteProject, Write(volumes::update)),
    route("DELETE", "volumes/{UUID}", "delete_volume", WriteProject, Write(volumes::delete)),
    route(
        "POST",
        "projects/{projectName}/snapshots",
        "create_snapshot",
        WriteProject,
        Write(snapshots::create),
    ),
    route("GET", "projects/{projectName}/snapshots", "list_snapshots", ReadProject, Read(snapshots::list)),
    route(
        "GET",
        "projects/{projectName}/snapshots/{UUID}",
        "get_snapshot",
        ReadProject,
        Read(snapshots::get),
    ),
    route(
        "DELETE",
        "projects/{projectName}/snapshots/{UUID}",
        "delete_snapshot",
        WriteProject,
        Write(snapshots::delete),
    ),
    route(
        "GET",
        "projects/{projectName}/snapshots/diff/{snapshotUUID}",
        "changed_blocks",
        ReadProject,
        Read(snapshots::diff),
    ),
    route("POST", "projects", "create_project", WriteCluster, Write(projects::create)),
    route("GET", "projects", "list_projects", AnyRole, Read(projects::list)),
    route("GET", "projects/{projectName}", "get_project", ReadProject, Read(projects::get)),
    route("PUT", "projects/{projectName}", "update_project", WriteCluster, Write(projects::update)),
    route("DELETE", "projects/{projectName}", "delete_project", WriteCluster, Write(projects::delete)),
    route(
        "POST",
        "projects/{projectName}/credentials",
        "create_credential",
        WriteProject,
        Write(projects::create_credential),
    ),
    route(
        "GET",
        "projects/{projectName}/credentials",
        "list_credentials",
        ReadProject,
        Read(projects::credentials),
    ),
    route(
        "GET",
        "projects/{projectName}/credentials/{ID}",
        "get_credential",
        ReadProject,
        Read(projects::credential),
    ),
    route(
        "DELETE",
        "projects/{projectName}/credentials/{ID}",
        "delete_credential",
        WriteProject,
        Write(projects::delete_credential),
    ),
    route("GET", "projects/{projectName}/roles", "list_roles", ReadProject, Read(projects::roles)),
    route("GET", "projects/{projectName}/roles/{name}", "get_role", ReadProject, Read(projects::role)),
    route("POST", "policies", "create_policy", WriteCluster, Write(policies::create)),
    route("GET", "policies", "list_policies", AnyRole, Read(policies::list)),
    route("GET", "policies/{UUID}", "get_policy", AnyRole, Read(policies::get)),
    route("PUT", "policies/{UUID}", "update_policy", WriteCluster, Write(policies::update)),
    route("DELETE", "policies/{UUID}", "delete_policy", WriteCluster, Write(policies::delete)),
    route("GET", "featureFlags", "list_feature_flags", ReadCluster, Read(settings::flags)),
    route("GET", "featureFlags/{name}", "get_feature_flag", ReadCluster, Read(settings::flag)),
    route("POST", "featureFlags/{name}/enable", "enable_feature_flag", WriteCluster, Write(settings::enable)),
    route(
        "POST",
        "featureFlags/{name}/disable",
        "disable_feature_flag",
        WriteCluster,
        Write(settings::disable),
    ),
    route("GET", "clusterConfig", "list_cluster_config", ReadCluster, Read(settings::list)),
    route("GET", "clusterConfig/{name}", "get_cluster_config", ReadCluster, Read(settings::get)),
    route("PUT", "clusterConfig/{name}", "update_cluster_config", WriteCluster, Write(settings::put)),
];

/// What a path and a method lead to.
pub enum Matched {
    Found(&'static Route, HashMap<&'static str, String>),
    /// The path is known with another method.
    WrongMethod,
    Unknown,
}

pub fn resolve(method: &str, path: &str) -> Matched {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let Some(rest) = decoded.strip_prefix("/api/v2/") else { return Matched::Unknown };
    let segments: Vec<&str> = rest.split('/').collect();
    if segments.last().is_some_and(|last| last.contains(':')) {
        return Matched::Unknown;
    }
    let mut wrong_method = false;
    for route in ROUTES.iter().chain(absent::ROUTES) {
        let Some(params) = matches(route.path, &segments) else { continue };
        if route.method == method {
            return Matched::Found(route, params);
        }
        wrong_method = true;
    }
    if wrong_method { Matched::WrongMethod } else { Matched::Unknown }
}

fn matches(pattern: &'static str, segments: &[&str]) -> Option<HashMap<&'static str, String>> {
    let mut params = HashMap::new();
    let mut rest = segments.iter();
    for part in pattern.split('/') {
        let segment = rest.next()?;
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => drop(params.insert(name, (*segment).to_owned())),
            None if part == *segment => {}
            None => return None,
        }
    }
    rest.next().is_none().then_some(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str) -> Option<(&'static str, String)> {
        match resolve(method, path) {
            Matched::Found(route, params) => {
                Some((route.operation, params.get("UUID").cloned().unwrap_or_else(|| "-".to_owned())))
            }
            _ => None,
        }
    }

    #[test]
    fn a_trailing_slash_is_an_empty_parameter() {
        let of = |path: &str| found("GET", path);
        assert_eq!(of("/api/v2/projects/p/volumes"), Some(("list_volumes", "-".to_owned())));
        assert_eq!(of("/api/v2/projects/p/volumes/"), Some(("get_volume", String::new())));
        assert_eq!(of("/api/v2/volumes/"), Some(("get_volume", String::new())));
        assert_eq!(of("/api/v2/version/"), None);
        assert_eq!(of("/api/v2//volumes"), None);
        assert_eq!(of("/api/v2/volumes/a%2Db"), Some(("get_volume", "a-b".to_owned())));
    }

    #[test]
    fn a_colon_in_the_last_segment_matches_nothing() {
        assert!(matches!(resolve("GET", "/api/v2/connectedHosts/nqn.2014:x"), Matched::Unknown));
        assert!(matches!(resolve("GET", "/api/v2/projects/a:b/volumes"), Matched::Found(..)));
    }

    #[test]
    fn another_method_is_told_from_another_path() {
        assert!(matches!(resolve("PATCH", "/api/v2/volumes"), Matched::WrongMethod));
        assert!(matches!(resolve("GET", "/api/v2/volume"), Matched::Unknown));
        assert!(matches!(resolve("GET", "/"), Matched::Unknown));
    }
}
