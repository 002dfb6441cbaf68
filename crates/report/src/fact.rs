use std::sync::Arc;

use rampart_document::FieldPath;
use rampart_model::ObjectId;

/// What an inventory rule tells, apart from which object it tells it about: equal templates share one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactText {
    /// Rule id of the catalogue.
    pub rule: &'static str,
    /// The list it belongs to, e.g. `secrets`.
    pub list: &'static str,
    /// The place, from the pod template for pod rules, from the object for all others.
    pub path: FieldPath,
    /// The fact.
    pub what: String,
}

/// A [`FactText`] about one object: something that inventories list and that is no weakness.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The object.
    pub object: ObjectId,
    /// Path from the object to the root of the text's path.
    pub prefix: Arc<FieldPath>,
    /// The fact.
    pub text: Arc<FactText>,
}

impl Fact {
    /// The place from the object's root.
    pub fn path(&self) -> FieldPath {
        self.prefix.join(&self.text.path)
    }
}
