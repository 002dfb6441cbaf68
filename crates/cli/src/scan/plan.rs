use std::path::PathBuf;

use rampart_model::{Carriers, Version};
use rampart_policy::custom::CustomRule;
use rampart_rules::framework::Framework;
use rampart_rules::{Env, Rule, Settings};

use crate::arguments::{ProfileName, RuleArguments};
use crate::config::Config;
use crate::{custom, frameworks, select};

/// Which rules run, and under which settings: arguments before the configuration before defaults, all of it checked.
pub(crate) struct Plan {
    pub(crate) rules: Vec<&'static Rule>,
    /// What the report is limited to and grouped by; mostly empty.
    pub(crate) frameworks: Vec<Framework>,
    /// Rules of the user's own.
    pub(crate) custom: Vec<CustomRule>,
    /// Ids and groups of all of the user's rules, run or not.
    pub(crate) custom_names: Vec<(&'static str, &'static str)>,
    pub(crate) strict: bool,
    pub(crate) version: Version,
    pub(crate) settings: Settings,
    pub(crate) carriers: Carriers,
    /// Seconds since 1970; `None` when the system has no clock.
    pub(crate) now: Option<i64>,
}

impl Plan {
    /// Refuses unknown rules and selections that leave nothing to run.
    pub(crate) fn new(arguments: &RuleArguments, config: &Config) -> anyhow::Result<Self> {
        let strict = arguments.profile.or(config.profile) == Some(ProfileName::Strict);
        let select = if arguments.select.is_empty() { &config.select } else { &arguments.select };
        let ignore = if arguments.ignore.is_empty() { &config.ignore } else { &arguments.ignore };
        let version = arguments.kubernetes_version.or(config.kubernetes_version).unwrap_or(Version::NEWEST);
        let files: Vec<PathBuf> = arguments.rule_files.iter().map(PathBuf::from).collect();
        let mut custom = custom::load(if files.is_empty() { &config.rules } else { &files }, version)?;
        let custom_names: Vec<_> = custom.iter().map(|rule| (rule.id, rule.group.as_str())).collect();
        let frameworks = frameworks::asked(&arguments.framework, config, &custom)?;
        let named =
            |framework: &Framework| framework.rules().into_iter().map(str::to_owned).collect::<Vec<_>>();
        let within = (!frameworks.is_empty()).then(|| frameworks.iter().flat_map(named).collect());
        let chosen =
            select::rules(strict, (select, ignore), within.as_ref(), &config.settings, &custom_names)?;
        custom
            .retain(|rule| select::takes((rule.id, rule.group.as_str()), (select, ignore), within.as_ref()));
        Ok(Self {
            rules: if arguments.inventory { select::with_inventory(&chosen, ignore) } else { chosen },
            custom,
            custom_names,
            frameworks,
            strict,
            version,
            settings: config.settings.clone(),
            carriers: config.carriers.clone(),
            now: now(),
        })
    }

    /// What every rule may know.
    pub(crate) fn env(&self) -> Env<'_> {
        Env { version: self.version, strict: self.strict, settings: &self.settings, now: self.now }
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> Option<i64> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}
