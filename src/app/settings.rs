//! From the configuration to what each room needs of it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::api;
use crate::auth::Authenticator;
use crate::auth::keystone::{self, Domain, KeystoneSettings, Peer, ServiceRoles, TlsVerification};
use crate::backup::{self, Vault};
use crate::compute::Compute;
use crate::config::{self, Config, Connector, Rank, Strategy, Tls};
use crate::datapath::{DataPath, DiscoveryClient, NvmeTcp};
use crate::domain::Clock;
use crate::domain::backup::SERVICE;
use crate::domain::cluster::PlacementTraits;
use crate::domain::quota::Resource;
use crate::fleet::health::Thresholds;
use crate::fleet::registrations::{Defaults, Registry};
use crate::image::{self, Glance};
use crate::lightbits::{LaneLimits, Timeouts};
use crate::store::LogFollower;
use crate::{fleet, placement, service, worker};

pub(super) fn authenticator(config: &Config, clock: Clock) -> anyhow::Result<Authenticator> {
    let keystone = match (config.auth.strategy, &config.keystone) {
        (Strategy::Noauth, _) => return Ok(Authenticator::NoAuth),
        (Strategy::Keystone, Some(keystone)) => keystone,
        (Strategy::Keystone, None) => anyhow::bail!("auth.strategy is keystone, but [keystone] is missing"),
    };
    let password = keystone.resolve_password().map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let settings = KeystoneSettings {
        user_domain: Domain::Name(keystone.user_domain_name.clone()),
        project_domain: Domain::Name(keystone.project_domain_name.clone()),
        cafile: keystone.ca_file.clone(),
        tls: match keystone.tls {
            Tls::Verify => TlsVerification::Verified,
            Tls::Insecure => TlsVerification::Insecure,
        },
        request_timeout: keystone.timeout.0,
        www_authenticate_uri: keystone.www_authenticate_uri.clone(),
        service_token_roles: config.auth.service_token_roles.clone(),
        service_roles: if config.auth.service_token_roles_required {
            ServiceRoles::Required
        } else {
            ServiceRoles::Optional
        },
        cache_ttl: config.auth.token_cache_time.0,
        ..KeystoneSettings::new(&keystone.auth_url, &keystone.username, password, &keystone.project_name)
    };
    Authenticator::keystone(settings, clock).map_err(|error| anyhow::anyhow!("{error}"))
}

/// Nova, where there is a Keystone through which to find it.
pub(super) fn compute(config: &Config, authenticator: &Authenticator) -> Option<Compute> {
    let nova = Peer {
        service_type: "compute",
        interface: interface(config.nova.interface),
        region: config.nova.region_name.clone(),
        endpoint: config.nova.endpoint(),
        timeout: config.nova.timeout.0,
    };
    Some(Compute::new(authenticator.own_account()?, nova))
}

/// Glance, where there is a way to it and one to the volumes.
pub(super) fn images(config: &Config, authenticator: &Authenticator) -> anyhow::Result<Option<Glance>> {
    if config.data_path.connector == Connector::None {
        return Ok(None);
    }
    let glance = &config.glance;
    let settings = image::Settings {
        patience: glance.timeout.0,
        retries: glance.num_retries,
        conversion_dir: glance.image_conversion_dir.clone(),
        signatures: match glance.verify_glance_signatures {
            config::Signatures::Enabled => image::Signatures::Refused,
            config::Signatures::Disabled => image::Signatures::Ignored,
        },
        force_upload: if glance.enable_force_upload {
            image::ForceUpload::Allowed
        } else {
            image::ForceUpload::Ignored
        },
    };
    let peer = Peer {
        service_type: "image",
        interface: interface(glance.interface),
        region: glance.region_name.clone(),
        endpoint: glance.endpoint(),
        timeout: glance.timeout.0,
    };
    Ok(match (authenticator.own_account(), glance.endpoint()) {
        (Some(account), _) => Some(Glance::through_keystone(account, peer, settings)),
        (None, Some(endpoint)) => Some(Glance::direct(endpoint, settings)?),
        (None, None) => None,
    })
}

const fn interface(configured: config::Interface) -> keystone::Interface {
    match configured {
        config::Interface::Public => keystone::Interface::Public,
        config::Interface::Internal => keystone::Interface::Internal,
        config::Interface::Admin => keystone::Interface::Admin,
    }
}

pub(super) fn services(config: &Config) -> service::Settings {
    service::Settings {
        default_volume_type: config.volumes.default_volume_type.clone(),
        default_group_type: config.volumes.default_group_type.clone(),
        default_availability_zone: config.volumes.default_availability_zone.clone(),
        allow_availability_zone_fallback: config.volumes.allow_availability_zone_fallback,
        cloned_volume_same_az: config.volumes.cloned_volume_same_az,
        snapshots_use_gigabytes: !config.volumes.no_snapshot_gb_quota,
        backup_service: config.backup.posix_path.as_ref().map(|_| SERVICE),
        quota_defaults: Resource::ALL
            .iter()
            .map(|resource| (resource.as_str().to_owned(), config.quotas.limit(*resource)))
            .collect(),
    }
}

/// Where the kernel's tools keep the machine's host NQN.
const HOST_NQN: &str = "/etc/nvme/hostnqn";

/// How volumes are opened for copies, if at all.
pub(super) fn data_path(config: &Config) -> anyhow::Result<Option<DataPath>> {
    let settings = &config.data_path;
    let client = match settings.connector {
        Connector::None => return Ok(None),
        Connector::NvmeTcp => return Ok(Some(DataPath::nvme_tcp(NvmeTcp::default(), settings.copies))),
        Connector::DiscoveryClient => DiscoveryClient {
            folder: settings.discovery_client_dir.clone(),
            devices: settings.device_dir.clone(),
            host_nqn: Some(match &settings.host_nqn {
                Some(nqn) => nqn.clone(),
                None => std::fs::read_to_string(HOST_NQN)
                    .with_context(|| format!("data_path.host_nqn is not set, and {HOST_NQN} cannot be read"))?
                    .trim()
                    .to_owned(),
            }),
            patience: settings.device_timeout.0,
        },
    };
    Ok(Some(DataPath::discovery_client(client, settings.copies)))
}

/// Where the data of backups is kept, if anywhere.
pub(super) fn vault(config: &Config) -> Option<Vault> {
    let settings = &config.backup;
    let folder = settings.posix_path.clone()?;
    Some(Vault::new(backup::Settings {
        file_size: settings.file_size,
        sha_block_size: settings.sha_block_size,
        compression: match settings.compression {
            config::Compression::None => backup::Compression::None,
            config::Compression::Zlib => backup::Compression::Zlib,
            config::Compression::Bz2 => backup::Compression::Bzip2,
        },
        container: settings.container.clone(),
        availability_zone: config.volumes.default_availability_zone.clone(),
        ..backup::Settings::new(folder)
    }))
}

pub(super) fn worker(
    config: &Config,
    compute: Option<Compute>,
    logs: Option<Arc<LogFollower>>,
) -> anyhow::Result<worker::Settings> {
    Ok(worker::Settings {
        concurrency: config.worker.operations,
        rank: rank(config),
        // What was sent at the last moment of a call can land for a while after it.
        doubt: config.fleet.call_timeout.0.mul_f64(1.5),
        compute,
        logs,
        data_path: data_path(config)?,
        backups: vault(config),
        ..worker::Settings::default()
    })
}

const fn rank(config: &Config) -> placement::Rank {
    match config.placement.rank {
        Rank::RatioBefore => placement::Rank::RatioBefore,
        Rank::RatioAfter => placement::Rank::RatioAfter,
    }
}

/// What a registration that says nothing means.
pub(super) fn registry(config: &Config) -> Registry {
    let traits = PlacementTraits {
        availability_zone: config.volumes.default_availability_zone.clone(),
        max_over_subscription_millis: config.placement.max_over_subscription_millis(),
        max_physical_used_percent: config.placement.max_physical_used_percent,
        default_replicas: config.placement.default_replicas,
        default_compression: config.placement.default_compression,
        ..PlacementTraits::default()
    };
    let file = config.fleet.clusters_file.clone();
    let folder = file.parent().map(Path::to_owned).unwrap_or_default();
    Registry::new(file, Defaults { traits, folder })
}

pub(super) fn fleet(config: &Config) -> fleet::Settings {
    let fleet = &config.fleet;
    fleet::Settings {
        reload_interval: fleet.reload_interval.0,
        poll_interval: fleet.poll_interval.0,
        list_interval: fleet.list_interval.0,
        probe_interval: fleet.probe_interval.0,
        probe_timeout: fleet.probe_timeout.0,
        thresholds: Thresholds {
            suspect_after: fleet.suspect_after,
            unreachable_after: fleet.unreachable_after,
            trust_after: fleet.trust_after,
            trust_time: fleet.trust_time.0,
        },
        lease: config.worker.lease.0,
        timeouts: Timeouts { call: fleet.call_timeout.0, ..Timeouts::default() },
        lanes: LaneLimits { user: fleet.user_calls, background: fleet.background_calls },
        ..fleet::Settings::default()
    }
}

pub(super) fn edge(config: &Config) -> api::Settings {
    api::Settings {
        public_endpoint: config.server.public_endpoint.clone(),
        service_token_roles: config.auth.service_token_roles.clone(),
        ..api::Settings::default()
    }
}

/// What renders `/metrics`. The recorder is the process's; a second gateway in it (tests) shares it.
pub(super) fn metrics() -> api::admin::Render {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let recorder = RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok());
    Arc::new(move || recorder.as_ref().map(PrometheusHandle::render).unwrap_or_default())
}
