//! The authorizers of the API server, as its own flags and files give them.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use rampart_authz::rbac::Policy;
use rampart_authz::{AbacPolicy, AuthorizationConfiguration, Chain, NodeAuthorizer};

use crate::server_file;

/// The flags of the API server that choose its authorizers.
#[derive(Debug, Args)]
pub(crate) struct ChainArguments {
    /// The API server's AuthorizationConfiguration
    #[arg(long, value_name = "FILE", conflicts_with = "authorization_mode", help_heading = "Input")]
    pub(crate) authorization_config: Option<String>,

    /// Its authorizers in order, as in its own flag [default: Node,RBAC]
    #[arg(long, value_name = "MODES", value_delimiter = ',', help_heading = "Input")]
    pub(crate) authorization_mode: Vec<String>,

    /// Its ABAC policy file; without modes it is asked after Node and RBAC
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(crate) abac_policy: Option<String>,
}

impl ChainArguments {
    /// The chain these flags make.
    pub(crate) fn chain(&self, node: &Arc<NodeAuthorizer>, rbac: &Arc<Policy>) -> anyhow::Result<Chain> {
        let configuration = match &self.authorization_config {
            Some(file) => {
                let (_, configuration) = server_file::read(file, "authorization-config", |root| {
                    AuthorizationConfiguration::read(root)
                        .map_err(|errors| errors.into_iter().map(|error| (error.span, error.what)).collect())
                })?;
                configuration
            }
            None => {
                let mut modes = self.authorization_mode.clone();
                if modes.is_empty() {
                    modes = vec!["Node".to_owned(), "RBAC".to_owned()];
                    modes.extend(self.abac_policy.is_some().then(|| "ABAC".to_owned()));
                }
                AuthorizationConfiguration::from_modes(&modes).map_err(anyhow::Error::msg)?
            }
        };
        let abac = self.abac_policy.as_deref().map(abac).transpose()?;
        if abac.is_some() && !configuration.needs_abac() {
            bail!(
                "--abac-policy is given, but ABAC is none of the authorizers; the API server would not start"
            );
        }
        Ok(configuration.chain(node, rbac, abac.as_ref()))
    }

    /// `FILE:LINE` of a line of the ABAC policy.
    pub(crate) fn abac_line(&self, line: u32) -> String {
        format!("{}:{line}", self.abac_policy.as_deref().unwrap_or_default())
    }
}

fn abac(file: &str) -> anyhow::Result<Arc<AbacPolicy>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let policy = AbacPolicy::parse(&text).map_err(|error| {
        let line = text.lines().nth(error.line.saturating_sub(1) as usize).unwrap_or_default();
        anyhow::anyhow!(
            "{file}:{}: {}\n  {line}\nthe API server would not start with this file",
            error.line,
            error.what
        )
    })?;
    Ok(Arc::new(policy))
}
