use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use hashbrown::HashTable;
use rampart_document::FieldPath;
use rampart_report::{Fix, ObjectChange};
use rustc_hash::{FxHashSet, FxHasher};

/// Paths and fixes that findings have in common: thousands of templates have a first container, and what makes it
/// better is the same edit at the same path.
#[derive(Default)]
pub(crate) struct Shared {
    paths: FxHashSet<Arc<FieldPath>>,
    fixes: HashTable<Arc<Fix>>,
}

impl Shared {
    /// This path, or an equal one from before.
    pub(crate) fn path(&mut self, mut path: FieldPath) -> Arc<FieldPath> {
        if let Some(known) = self.paths.get(&path) {
            return Arc::clone(known);
        }
        path.shrink_to_fit();
        let path = Arc::new(path);
        self.paths.insert(Arc::clone(&path));
        path
    }

    /// This fix, or an equal one from before.
    pub(crate) fn fix(&mut self, fix: Fix) -> Arc<Fix> {
        let hash = hash(&fix);
        if let Some(known) = self.fixes.find(hash, |known| **known == fix) {
            return Arc::clone(known);
        }
        let fix = Arc::new(fix);
        self.fixes.insert_unique(hash, Arc::clone(&fix), |fix| self::hash(fix));
        fix
    }
}

/// Title, paths and the names of other objects tell nearly all fixes apart; equality looks at the values too.
fn hash(fix: &Fix) -> u64 {
    let mut hasher = FxHasher::default();
    fix.title.hash(&mut hasher);
    fix.edits.iter().for_each(|edit| edit.path.hash(&mut hasher));
    for change in &fix.objects {
        match change {
            ObjectChange::Edit { object, .. } | ObjectChange::Delete { object } => object.hash(&mut hasher),
            ObjectChange::Create { manifest } => {
                let metadata = |key| manifest.get("metadata")?.get(key)?.as_str();
                (metadata("namespace"), metadata("name")).hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use rampart_document::Edit;

    use super::*;

    #[test]
    fn equal_things_are_kept_once() {
        let path = |text: &str| FieldPath::parse(text).unwrap();
        let fix = |value: bool| Fix::review("set it", [Edit::set(path("spec.hostPID"), value)]);
        let mut shared = Shared::default();
        assert!(Arc::ptr_eq(&shared.path(path("a.b")), &shared.path(path("a.b"))));
        assert!(!Arc::ptr_eq(&shared.path(path("a.b")), &shared.path(path("a.c"))));
        assert!(Arc::ptr_eq(&shared.fix(fix(true)), &shared.fix(fix(true))));
        assert!(!Arc::ptr_eq(&shared.fix(fix(true)), &shared.fix(fix(false))), "same title and path");
    }
}
