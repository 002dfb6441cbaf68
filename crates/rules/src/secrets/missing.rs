//! References of workloads to Secrets and ConfigMaps that are not there.

use rampart_document::{FieldPath, Node};
use rampart_model::Object;

use crate::index::{Found, Named, Reference, Via, of_object, of_pod};
use crate::{Context, Findings, Workload};

/// Reports what a workload needs of a kind and does not find, apart from secrets for pulling images. What was not read is
/// one `unknown`.
pub(super) fn check_workload(
    named: Named,
    workload: &Workload<'_>,
    context: &Context<'_>,
    out: &mut Findings,
) {
    let mut search = Search::default();
    of_pod(&workload.pod, workload.object.effective_namespace(), &mut |reference, path| {
        if reference.target.0 == named && reference.via != Via::Pull {
            search.one(&reference, path, context, out);
        }
    });
    search.finish(named, out);
}

/// The same for the certificates of an Ingress.
pub(super) fn check_tls(object: Object<'_>, context: &Context<'_>, out: &mut Findings) {
    let mut search = Search::default();
    of_object(object, &mut |reference, path| {
        if reference.target.0 == Named::Secret && reference.via == Via::Tls {
            search.one(&reference, path, context, out);
        }
    });
    search.finish(Named::Secret, out);
}

/// What was asked for so far, and what was not read.
#[derive(Default)]
struct Search {
    reported: Vec<(String, String)>,
    not_read: Vec<String>,
    first: Option<(FieldPath, String)>,
}

impl Search {
    fn one(
        &mut self,
        reference: &Reference<'_>,
        path: &dyn Fn() -> FieldPath,
        context: &Context<'_>,
        out: &mut Findings,
    ) {
        if reference.optional {
            return;
        }
        let (named, _, name) = reference.target;
        match context.look_up(reference.target) {
            Found::Made => {}
            Found::Here(object) => {
                let Some(key) = reference.key.map(|key| key.name) else { return };
                let Some(at) = reference.key_path(&path()).filter(|_| !has_key(object, key)) else { return };
                if !self.is_new(name, key) {
                } else if is_without_data(object) {
                    let what = format!("the keys of {} `{name}` were not read", named.kind().kind);
                    out.unknown(at, what);
                } else {
                    let what = format!("{} `{name}` has no key `{key}`", named.kind().kind);
                    let draft = out.fail(at, what).class("key");
                    draft.evidence_in(object.id(), FieldPath::root(), "the object as it was read");
                }
            }
            Found::Missing => {
                if self.is_new(name, "") {
                    let what = format!("{} `{name}` does not exist", named.kind().kind);
                    out.fail(reference.name_path(&path()), what);
                }
            }
            Found::NotRead(gap) => {
                if self.is_new(name, "") {
                    self.not_read.push(format!("`{name}`"));
                    self.first.get_or_insert_with(|| (reference.name_path(&path()), gap));
                }
            }
        }
    }

    fn is_new(&mut self, name: &str, key: &str) -> bool {
        let known = self.reported.iter().any(|(own, own_key)| own == name && own_key == key);
        if !known {
            self.reported.push((name.to_owned(), key.to_owned()));
        }
        !known
    }

    fn finish(self, named: Named, out: &mut Findings) {
        if let Some((path, gap)) = self.first {
            let kind = named.kind().kind;
            out.unknown(path, format!("{kind} {} cannot be looked up: {gap}", self.not_read.join(", ")));
        }
    }
}

fn has_key(object: Object<'_>, key: &str) -> bool {
    ["data", "stringData", "binaryData"]
        .iter()
        .any(|field| object.node().field(field).is_some_and(|data| data.get(key).is_some()))
}

/// True for a Secret of a cluster that was read without its contents.
fn is_without_data(object: Object<'_>) -> bool {
    let field = |name| object.node().get(name).is_some_and(|node: Node<'_>| !node.is_null());
    object.kind() == "Secret" && !object.is_from_files() && !field("data") && !field("type")
}
