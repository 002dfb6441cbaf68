//! Which authorizers an API server asks, by flag or by file.

use rampart_document::{Edit, FieldPath, Node};
use rampart_model::GroupKind;
use rampart_report::Fix;
use serde_json::json;

use crate::Findings;
use crate::index::{Configuration, Given};
use crate::shared::ask::{Asked, Unread, mend, review};
use crate::shared::control_plane::lists;

/// The kind of `--authorization-config`.
pub(super) const AUTHORIZATION: GroupKind<'static> =
    GroupKind::new("apiserver.config.k8s.io", "AuthorizationConfiguration");
const MODE: &str = "authorization-mode";

/// The authorizers of one API server.
pub(super) enum Authorizers<'c, 'a> {
    /// `--authorization-mode`; not given means that everything is allowed.
    Modes(Option<Given<'c>>),
    /// `--authorization-config`
    File(&'c Configuration<'a>),
}

impl<'c, 'a> Authorizers<'c, 'a> {
    /// Reads the flags and the file that they name.
    pub(super) fn of(server: Asked<'c, 'a>, out: &mut Findings) -> Result<Self, Unread> {
        match server.file(AUTHORIZATION, "authorization-config", out)? {
            Some(file) => Ok(Self::File(file)),
            None => Ok(Self::Modes(server.value(MODE, out)?)),
        }
    }

    /// True when an authorizer of this type is asked.
    pub(super) fn has(&self, kind: &str) -> bool {
        match self {
            Self::Modes(Some(modes)) => lists(modes.value, kind),
            Self::Modes(None) => kind == ALWAYS_ALLOW,
            Self::File(file) => authorizers(file).any(|(_, found, _)| found == kind),
        }
    }

    /// Changes the list of modes; `add` are appended to the rest.
    pub(super) fn change(&self, server: Asked<'_, '_>, drop: &str, add: &[&str]) -> Option<Fix> {
        let Self::Modes(modes) = self else { return None };
        let old = modes.as_ref().map_or("", |modes| modes.value);
        let kept = old.split(',').map(str::trim).filter(|mode| !mode.is_empty() && *mode != drop);
        let mut all: Vec<&str> = kept.collect();
        for &mode in add {
            if !all.contains(&mode) {
                // Node answers fast for nodes, so it stands first of all.
                let at = if mode == "Node" { 0 } else { all.len() };
                all.insert(at, mode);
            }
        }
        server.set(MODE, &all.join(","))
    }

    /// Says that an authorizer is missing, with the fix that adds it.
    pub(super) fn missing(&self, server: Asked<'_, '_>, kind: &'static str, means: &str, out: &mut Findings) {
        let what = format!("kube-apiserver does not use the {kind} authorizer: {means}");
        match self {
            Self::Modes(modes) => {
                let draft = out.fail(server.place(modes.as_ref()), what);
                mend(draft, self.change(server, ALWAYS_ALLOW, &[kind]));
            }
            Self::File(file) => {
                // The file may be of several servers; it is judged once for each, at its own place.
                let list = FieldPath::root().key("authorizers");
                let entry = json!({"type": kind, "name": kind.to_ascii_lowercase()});
                let edits = file.edits(vec![Edit::append(list.clone(), entry)]);
                let draft = out.on(file.object.id()).fail(file.path(&list), what);
                mend(draft, review(format!("add the {kind} authorizer"), edits));
            }
        }
    }
}

/// The authorizer that allows everything.
pub(super) const ALWAYS_ALLOW: &str = "AlwaysAllow";

/// The entries of `authorizers` with index and type.
pub(super) fn authorizers<'s>(
    file: &'s Configuration<'_>,
) -> impl Iterator<Item = (usize, &'s str, Node<'s>)> {
    let list = file.field(&["authorizers"]).into_iter().flat_map(Node::items).enumerate();
    list.filter_map(|(index, entry)| {
        let kind = entry.get("type").and_then(Node::scalar_text)?;
        Some((index, kind, entry))
    })
}
