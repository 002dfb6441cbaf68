//! Which admission plugins an API server is told to use.

use rampart_report::Fix;

use crate::index::{API_SERVER, Given};
use crate::shared::ask::{Asked, Unread, each, mend};
use crate::shared::control_plane::lists;
use crate::{Context, Draft, Findings};

const ENABLE: &str = "enable-admission-plugins";
const DISABLE: &str = "disable-admission-plugins";
const LEGACY: &str = "admission-control";

/// The flags about admission plugins of one API server.
pub(super) struct Plugins<'c> {
    /// `--enable-admission-plugins`
    pub(super) enabled: Option<Given<'c>>,
    /// `--disable-admission-plugins`
    pub(super) disabled: Option<Given<'c>>,
    /// The old `--admission-control`, which lists all plugins that are used.
    pub(super) legacy: Option<Given<'c>>,
}

impl<'c> Plugins<'c> {
    /// Reads the flags.
    pub(super) fn of(server: Asked<'c, '_>, out: &mut Findings) -> Result<Self, Unread> {
        Ok(Self {
            enabled: server.value(ENABLE, out)?,
            disabled: server.value(DISABLE, out)?,
            legacy: server.value(LEGACY, out)?,
        })
    }

    /// Where a plugin is asked for.
    pub(super) fn asked_for(&self, plugin: &str) -> Option<&Given<'c>> {
        let names = |given: &&Given<'_>| lists(given.value, plugin);
        self.enabled.as_ref().filter(names).or_else(|| self.legacy.as_ref().filter(names))
    }

    /// Where a plugin is switched off.
    pub(super) fn switched_off(&self, plugin: &str) -> Option<&Given<'c>> {
        self.disabled.as_ref().filter(|given| lists(given.value, plugin))
    }

    /// Asks for plugins in the list that counts.
    pub(super) fn enable(&self, server: Asked<'_, '_>, plugins: &[&str]) -> Option<Fix> {
        let (flag, list) = match (&self.enabled, &self.legacy) {
            (None, Some(legacy)) => (LEGACY, Some(legacy)),
            (enabled, _) => (ENABLE, enabled.as_ref()),
        };
        let mut all: Vec<&str> = list.map_or_else(Vec::new, |given| given.value.split(',').collect());
        for &plugin in plugins {
            if !all.contains(&plugin) {
                all.push(plugin);
            }
        }
        let mut fix = server.set(flag, &all.join(","))?;
        fix.title = format!("enable {}", plugins.join(", ")).into();
        if plugins.iter().any(|plugin| self.switched_off(plugin).is_some()) {
            fix.edits.extend(without(server, DISABLE, self.disabled.as_ref(), plugins)?.edits);
        }
        Some(fix)
    }

    /// Takes plugins out of the list of those that are switched off.
    pub(super) fn keep(&self, server: Asked<'_, '_>, plugins: &[&str]) -> Option<Fix> {
        without(server, DISABLE, self.disabled.as_ref(), plugins)
    }

    /// Takes a plugin out of the list of those that are asked for.
    pub(super) fn drop(&self, server: Asked<'_, '_>, plugin: &str) -> Option<Fix> {
        let flag = if self.enabled.as_ref().is_some_and(|given| lists(given.value, plugin)) {
            ENABLE
        } else {
            LEGACY
        };
        without(server, flag, self.asked_for(plugin), &[plugin])
    }
}

/// The list without these plugins; an empty list takes its flag away.
fn without(server: Asked<'_, '_>, flag: &str, list: Option<&Given<'_>>, plugins: &[&str]) -> Option<Fix> {
    let names = list?.value.split(',').filter(|name| !plugins.contains(&name.trim()));
    let rest: Vec<&str> = names.collect();
    let fix = if rest.is_empty() { server.unset(&[flag], false) } else { server.set(flag, &rest.join(",")) };
    fix.map(|fix| Fix { title: format!("take {} out of --{flag}", plugins.join(", ")).into(), ..fix })
}

/// Says of every API server that does not use `plugin`, which is off by default; `more` adds to what is said.
pub(super) fn must_use(
    context: &Context<'_>,
    plugin: &'static str,
    without: &str,
    out: &mut Findings,
    more: impl Fn(&mut Draft),
) {
    each(context, API_SERVER, out, |server, out| {
        let plugins = Plugins::of(server, out)?;
        let off = plugins.switched_off(plugin);
        if off.is_some() || plugins.asked_for(plugin).is_none() {
            let path = server.place(off.or(plugins.enabled.as_ref()).or(plugins.legacy.as_ref()));
            let what = format!("kube-apiserver does not use the admission plugin {plugin}: {without}");
            let draft = mend(out.fail(path, what), plugins.enable(server, &[plugin]));
            more(draft);
        }
        Ok(())
    });
}
