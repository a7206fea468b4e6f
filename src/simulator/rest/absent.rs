//! What the API knows and the simulator does not: 501, as of a cluster without the capability.

use serde_json::Value;

use super::caller::Need;
use super::routes::Route;
use super::{Call, Handler};
use crate::simulator::refusal::{Code, Refusal, Result};
use crate::simulator::rules::Moment;

const fn absent(method: &'static str, path: &'static str) -> Route {
    Route { method, path, operation: "not_simulated", need: Need::AnyRole, handler: Handler::Read(refuse) }
}

fn refuse(_: &Moment<'_>, _: &Call) -> Result<Value> {
    Err(Refusal::new(Code::Unimplemented, "not supported by this cluster"))
}

pub static ROUTES: &[Route] = &[
    absent("POST", "nodes/{UUID}/replace"),
    absent("POST", "nodes/{UUID}/start"),
    absent("POST", "nodes/{UUID}/stop"),
    absent("POST", "nodes/{UUID}/restart"),
    absent("POST", "servers"),
    absent("DELETE", "servers/{UUID}"),
    absent("POST", "servers/{UUID}/enable"),
    absent("POST", "servers/{UUID}/disable"),
    absent("POST", "servers/{UUID}/upgrade"),
    absent("POST", "cluster/upgrade"),
    absent("GET", "nvmeDevices"),
    absent("POST", "nvmeDevices"),
    absent("GET", "nvmeDevices/{Serial}"),
    absent("POST", "nvmeDevices/{Serial}"),
    absent("GET", "logs"),
    absent("GET", "projects/{projectName}/resourcePolicies"),
    absent("POST", "projects/{projectName}/resourcePolicies"),
    absent("GET", "projects/{projectName}/resourcePolicies/{UUID}"),
    absent("PUT", "projects/{projectName}/resourcePolicies/{UUID}"),
    absent("DELETE", "projects/{projectName}/resourcePolicies/{UUID}"),
    absent("GET", "adminEndpoints"),
    absent("POST", "adminEndpoints"),
    absent("GET", "adminEndpoints/{port}"),
    absent("PUT", "adminEndpoints/{port}"),
    absent("DELETE", "adminEndpoints/{port}"),
    absent("POST", "cluster/encryption/enable"),
    absent("POST", "cluster/clusterRootKey/rotate"),
    absent("GET", "cluster/clusterRootkey"),
    absent("GET", "cluster/IdpConfiguration"),
    absent("POST", "cluster/IdpConfiguration"),
    absent("PUT", "cluster/IdpConfiguration"),
    absent("GET", "cluster/IdpConfiguration/{name}"),
    absent("DELETE", "cluster/IdpConfiguration/{name}"),
    absent("GET", "cluster/idpClientConfs"),
    absent("POST", "cluster/idpClientConfs"),
    absent("GET", "cluster/idpClientConfs/{name}"),
    absent("PUT", "cluster/idpClientConfs/{name}"),
    absent("DELETE", "cluster/idpClientConfs/{name}"),
    absent("GET", "cluster/authMaps"),
    absent("POST", "cluster/authMaps"),
    absent("GET", "cluster/authMaps/{name}"),
    absent("PUT", "cluster/authMaps/{name}"),
    absent("DELETE", "cluster/authMaps/{name}"),
    absent("POST", "cluster/federatedAuthentication/enable"),
    absent("POST", "cluster/federatedAuthentication/disable"),
    absent("POST", "cluster/inBandAuth/enable"),
    absent("POST", "cluster/inBandAuth/disable"),
    absent("GET", "projects/{projectName}/trustedHosts"),
    absent("POST", "projects/{projectName}/trustedHosts"),
    absent("GET", "projects/{projectName}/trustedHosts/{name}"),
    absent("PUT", "projects/{projectName}/trustedHosts/{name}"),
    absent("DELETE", "projects/{projectName}/trustedHosts/{name}"),
    absent("GET", "projects/{projectName}/trustedHostSecrets/{name}"),
    absent("PUT", "projects/{projectName}/trustedHostSecrets/{name}"),
    absent("GET", "hosts"),
    absent("POST", "cflogin"),
    absent("GET", "clusters"),
    absent("POST", "clusters"),
    absent("DELETE", "clusters/{cid}"),
    absent("GET", "cf-service-credentials"),
    absent("GET", "workflows"),
    absent("GET", "workflows/{workflowId}"),
];
