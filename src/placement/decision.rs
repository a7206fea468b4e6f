//! The answer, kept with the volume and shown by `hearth cluster explain`.

use serde::{Deserialize, Serialize};

use super::{Purpose, Reason, Request, Score};
use crate::domain::{Bytes, ClusterId, ClusterName, LightosProject};

/// A user message names this many clusters and counts the rest.
const NAMED_CLUSTERS: usize = 12;

/// What the volume becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    pub cluster: ClusterId,
    pub name: ClusterName,
    pub replicas: u8,
    pub compression: bool,
    /// The project on the cluster.
    pub project: LightosProject,
    /// To be reserved: size × replicas.
    pub reserve: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Fits(Score),
    Refused(Reason),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub cluster: ClusterId,
    pub name: ClusterName,
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Verdict {
    pub const fn fits(&self) -> bool {
        matches!(self.outcome, Outcome::Fits(_))
    }

    /// Those that fit first and by score; the others by name.
    pub(super) fn rank(&self) -> (RefusedLast, &ClusterName, ClusterId) {
        match self.outcome {
            Outcome::Fits(score) => (RefusedLast::Fits(score), &self.name, self.cluster),
            Outcome::Refused(_) => (RefusedLast::Refused, &self.name, self.cluster),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RefusedLast {
    Fits(Score),
    Refused,
}

/// The question, as far as it explains the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub purpose: Purpose,
    pub bytes: Bytes,
    pub replicas: Option<u8>,
    pub availability_zone: Option<String>,
}

impl Asked {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            purpose: request.purpose.clone(),
            bytes: request.bytes,
            replicas: request.replicas.or(request.specs.replicas),
            availability_zone: request.availability_zone.clone(),
        }
    }
}

/// Serialisable: it is stored with the volume as its explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub asked: Asked,
    pub chosen: Option<Chosen>,
    /// Best first.
    pub verdicts: Vec<Verdict>,
}

impl Decision {
    /// Nothing was chosen, but it may pass by itself (the owner is away for the moment).
    pub fn may_pass(&self) -> bool {
        self.chosen.is_none()
            && self
                .verdicts
                .iter()
                .any(|v| matches!(&v.outcome, Outcome::Refused(reason) if reason.is_transient()))
    }

    /// Cluster by cluster why, for the user.
    pub fn sentence(&self) -> String {
        if let Some(chosen) = &self.chosen {
            return format!("Placed on cluster {}.", chosen.name);
        }
        let Some(lead) = self.lead() else {
            return match self.asked.purpose.owner() {
                Some(_) => "The cluster that holds the data is not registered.".to_owned(),
                None => "No cluster is registered.".to_owned(),
            };
        };
        let mut text = lead.to_owned();
        for (position, verdict) in self.verdicts.iter().enumerate() {
            if position == NAMED_CLUSTERS {
                text.push_str(&format!("; and {} more", self.verdicts.len() - NAMED_CLUSTERS));
                break;
            }
            if let Outcome::Refused(reason) = &verdict.outcome {
                text.push_str(if position == 0 { " " } else { "; " });
                text.push_str(&format!("{}: {reason}", verdict.name));
            }
        }
        text.push('.');
        text
    }

    fn lead(&self) -> Option<&'static str> {
        self.verdicts.first()?;
        Some(match self.asked.purpose {
            Purpose::New => "No cluster can take the volume.",
            Purpose::Copy { .. } => "The cluster of the source cannot take the volume.",
            Purpose::Retype { .. } => "The cluster of the volume does not fit its new type.",
            Purpose::Grow { .. } => "The cluster of the volume cannot take its new size.",
        })
    }
}
