use crate::Version;
use crate::tables::{FieldRow, KindRow, OPEN, TABLES};

/// What a value must be. Object types and elements are looked up in the [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// Any number.
    Number,
    /// Text.
    String,
    /// Bytes in base64.
    Bytes,
    /// A time as RFC 3339 writes it.
    Time,
    /// A time with exactly six digits of a second's fraction.
    MicroTime,
    /// A quantity such as `500m` or `1Gi`, as text or as a number.
    Quantity,
    /// A whole number of 32 bits, or text.
    IntOrString,
    /// Anything; not looked into.
    Any,
    /// A map of label keys to label values.
    Labels,
    /// A map of annotation keys to text.
    Annotations,
    /// A JSON schema or a boolean.
    SchemaOrBool,
    /// A JSON schema or a list of them.
    SchemaOrList,
    /// A JSON schema or a list of property names.
    SchemaOrStrings,
    /// A list; [`Schema::element`] tells of what.
    List(TypeRef),
    /// A mapping with free keys; [`Schema::element`] tells to what.
    Map(TypeRef),
    /// A mapping with fixed fields.
    Object(TypeId),
}

/// An object type of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub(crate) u16);

impl TypeId {
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The element type of a list or map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeRef(pub(crate) u16);

/// Whether objects of a kind live in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster.
    Cluster,
}

/// A kind that some minor serves or served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindInfo {
    /// `apps/v1`, or `v1` for the core group.
    pub group_version: &'static str,
    /// The kind, as in manifests.
    pub kind: &'static str,
    /// The resource, as in RBAC rules; a subresource has a slash (`pods/eviction`).
    pub plural: &'static str,
    /// Namespaced or not.
    pub scope: Scope,
    /// The object's type.
    pub type_id: TypeId,
    /// The first minor that serves it; `None` when that was before 1.16.
    pub since: Option<Version>,
    /// The first minor that serves it no longer; `None` while the newest known one does.
    pub removed: Option<Version>,
    /// The group/version that the newest minor prefers for this kind when it is another one.
    pub replacement: Option<&'static str>,
    /// Whether the schema's version has it. Alpha and most beta versions must also be switched on in the cluster.
    pub served: bool,
}

/// A field of an object type in one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub ty: Type,
    /// The API's description calls it required.
    pub required: bool,
    /// The API server is known to reject objects without it; some required fields have a zero value that passes.
    pub enforced: bool,
    /// The first minor with the field in this shape; `None` when that was before [`Version::OLDEST`], or when the
    /// field is as old as its type.
    pub since: Option<Version>,
    /// The last minor with the field in this shape; `None` while the newest known one has it.
    pub until: Option<Version>,
    values: &'static str,
}

impl Field {
    /// The only values that a string here may have; none means any.
    pub fn values(&self) -> impl Iterator<Item = &'static str> {
        self.values.split('|').filter(|value| !value.is_empty())
    }
}

/// The API's types as one minor version has them.
#[derive(Debug)]
pub struct Schema {
    version: Version,
}

const COUNT: usize = (Version::NEWEST.minor() - Version::OLDEST.minor() + 1) as usize;

static SCHEMAS: [Schema; COUNT] = {
    let mut all = [const { Schema { version: Version::NEWEST } }; COUNT];
    let mut at = 0;
    while at < COUNT {
        all[at] = Schema { version: Version::new(Version::OLDEST.minor() + at as u16) };
        at += 1;
    }
    all
};

impl Schema {
    /// The schema of `version`, or of the nearest known one.
    pub fn for_version(version: Version) -> &'static Self {
        let at = version.minor().saturating_sub(Version::OLDEST.minor()) as usize;
        &SCHEMAS[at.min(COUNT - 1)]
    }

    /// The version whose types this is.
    pub fn version(&self) -> Version {
        self.version
    }

    /// A kind by its manifest's `apiVersion` and `kind`. Removed kinds are known too ([`KindInfo::served`]).
    pub fn kind(&self, group_version: &str, kind: &str) -> Option<KindInfo> {
        let kinds = &TABLES.kinds;
        let at = kinds.binary_search_by(|row| (row.group_version, row.kind).cmp(&(group_version, kind)));
        at.ok().and_then(|at| kinds.get(at)).map(|row| self.kind_info(row))
    }

    /// Whether an API group (`apps`; empty for the core group) is Kubernetes' own. A kind that such a group does not have
    /// in any version exists nowhere; in other groups it may be a custom resource.
    pub fn has_group(&self, group: &str) -> bool {
        TABLES
            .kinds
            .iter()
            .any(|row| row.group_version.rsplit_once('/').map_or("", |(group, _)| group) == group)
    }

    /// Every kind of any minor, sorted by group/version and kind.
    pub fn kinds(&self) -> impl Iterator<Item = KindInfo> {
        TABLES.kinds.iter().map(|row| self.kind_info(row))
    }

    fn kind_info(&self, row: &KindRow) -> KindInfo {
        let minor = self.version.minor();
        KindInfo {
            group_version: row.group_version,
            kind: row.kind,
            plural: row.plural,
            scope: if row.namespaced { Scope::Namespaced } else { Scope::Cluster },
            type_id: row.type_id,
            since: (row.since > 0).then(|| Version::new(row.since)),
            removed: (row.until != OPEN).then(|| Version::new(row.until + 1)),
            replacement: row.replacement,
            served: (row.since..=row.until).contains(&minor),
        }
    }

    /// The upstream name of an object type, e.g. `core.v1.PodSpec`.
    pub fn type_name(&self, id: TypeId) -> &'static str {
        TABLES.types.get(id.0 as usize).map_or("", |row| row.name)
    }

    /// What a list or map holds.
    pub fn element(&self, reference: TypeRef) -> Type {
        TABLES.element(reference)
    }

    /// A field of an object type, if this version has it.
    pub fn field(&self, id: TypeId, name: &str) -> Option<Field> {
        let fields = TABLES.fields(id);
        let first = fields.partition_point(|row| row.name < name);
        let named = fields.get(first..)?.iter().take_while(|row| row.name == name);
        named.filter(|row| self.has(row)).map(field_of).next()
    }

    /// All fields that an object type has in this version, sorted by name.
    pub fn fields(&self, id: TypeId) -> impl Iterator<Item = Field> {
        TABLES.fields(id).iter().filter(|row| self.has(row)).map(field_of)
    }

    /// The minors that have a field by this name in some shape: first (if after [`Version::OLDEST`]) and last (if
    /// before [`Version::NEWEST`]). `None` when no minor has it.
    pub fn field_lifetime(&self, id: TypeId, name: &str) -> Option<(Option<Version>, Option<Version>)> {
        let mut named = TABLES.fields(id).iter().filter(|row| row.name == name).map(field_of);
        let first = named.next()?;
        Some((first.since, named.next_back().unwrap_or(first).until))
    }

    fn has(&self, row: &FieldRow) -> bool {
        (row.since..=row.until).contains(&self.version.minor())
    }
}

pub(crate) fn field_of(row: &FieldRow) -> Field {
    Field {
        name: row.name,
        ty: row.ty,
        required: row.required,
        enforced: row.enforced,
        since: (row.since > 0).then(|| Version::new(row.since)),
        until: (row.until != OPEN).then(|| Version::new(row.until)),
        values: TABLES.values.get(usize::from(row.values)).copied().unwrap_or(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minor: u16) -> &'static Schema {
        Schema::for_version(Version::new(minor))
    }

    #[test]
    fn kinds_know_their_life() {
        let rows = [
            ("apps/v1", "Deployment", "deployments", None, None, None),
            ("extensions/v1beta1", "Deployment", "deployments", None, Some(16), Some("apps/v1")),
            ("extensions/v1beta1", "Ingress", "ingresses", None, Some(22), Some("networking.k8s.io/v1")),
            ("policy/v1beta1", "PodSecurityPolicy", "podsecuritypolicies", None, Some(25), None),
            ("batch/v1beta1", "CronJob", "cronjobs", None, Some(25), Some("batch/v1")),
            ("batch/v1", "CronJob", "cronjobs", Some(21), None, None),
            ("apps/v1beta2", "ReplicaSet", "replicasets", None, Some(16), Some("apps/v1")),
        ];
        for (gv, kind, plural, since, removed, replacement) in rows {
            let info = at(36).kind(gv, kind).unwrap();
            assert_eq!(info.plural, plural);
            assert_eq!(info.since, since.map(Version::new), "{gv} {kind}");
            assert_eq!(info.removed, removed.map(Version::new), "{gv} {kind}");
            assert_eq!(info.replacement, replacement, "{gv} {kind}");
            assert_eq!(info.served, removed.is_none());
        }
        assert_eq!(at(36).kind("apps/v1", "deployment"), None);
        for (group, known) in [("", true), ("apps", true), ("snapshot.storage.k8s.io", false), ("v1", false)]
        {
            assert_eq!(at(36).has_group(group), known, "{group}");
        }
        assert_eq!(at(36).kind("v1", "Namespace").unwrap().scope, Scope::Cluster);
        let beta = ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema");
        assert!(at(31).kind(beta.0, beta.1).unwrap().served && !at(32).kind(beta.0, beta.1).unwrap().served);
    }

    #[test]
    fn fields_depend_on_the_version() {
        let stateful_set = at(32).kind("apps/v1", "StatefulSet").unwrap().type_id;
        let Type::Object(spec) = at(32).field(stateful_set, "spec").unwrap().ty else { panic!("no spec") };
        assert_eq!(at(32).type_name(spec), "apps.v1.StatefulSetSpec");
        let service_name = at(32).field(spec, "serviceName").unwrap();
        assert!(service_name.required && !service_name.enforced);
        let later = at(33).field(spec, "serviceName").unwrap();
        assert_eq!((later.required, later.since, later.until), (false, Some(Version::new(33)), None));
        assert_eq!(at(33).field_lifetime(spec, "serviceName"), Some((None, None)));
        let policy = at(33).field(spec, "podManagementPolicy").unwrap();
        assert_eq!(policy.values().collect::<Vec<_>>(), ["OrderedReady", "Parallel"]);
        let Type::List(claims) = at(33).field(spec, "volumeClaimTemplates").unwrap().ty else { panic!() };
        assert!(matches!(at(33).element(claims), Type::Object(_)));
        assert_eq!(at(33).field(spec, "nope"), None);
        assert_eq!(at(33).fields(spec).count(), at(32).fields(spec).count());
    }
}
