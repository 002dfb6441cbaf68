//! One walk over an object beside its type. Nothing is allocated until something is wrong.

use rampart_document::{FieldPath, Kind, Node, Span};

use crate::error::{Problem, SchemaError};
use crate::schema::field_of;
use crate::tables::{FieldRow, TABLES, Tables};
use crate::{Type, TypeId, Version, suggest, value};

/// Deeper than any built-in type and than any object that a person writes; keeps the walk's stack small.
pub(crate) const MAX_DEPTH: u16 = 200;

/// The way from the object to a value, kept on the stack and turned into a path only for an error.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    above: Option<&'p Place<'p>>,
    step: Step<'p>,
    depth: u16,
    pub(crate) mode: Mode,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

/// What is claimed of a subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mode {
    /// Unknown fields are dropped silently even by strict decoding.
    pub(crate) lenient: bool,
    /// The API server replaces what is written here after decoding it, or validates it later or never.
    pub(crate) decode_only: bool,
}

impl<'p> Place<'p> {
    pub(crate) fn root() -> Self {
        Self { above: None, step: Step::Root, depth: 0, mode: Mode::default() }
    }

    pub(crate) fn key(&'p self, key: &'p str) -> Self {
        Place { above: Some(self), step: Step::Key(key), depth: self.depth + 1, mode: self.mode }
    }

    pub(crate) fn index(&'p self, index: usize) -> Self {
        Place { above: Some(self), step: Step::Index(index), depth: self.depth + 1, mode: self.mode }
    }

    pub(crate) fn with(self, mode: Mode) -> Self {
        Place { mode, ..self }
    }

    pub(crate) fn is_root(&self) -> bool {
        self.above.is_none()
    }

    pub(crate) fn path(&self) -> FieldPath {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(place) = at {
            steps.push(place.step);
            at = place.above;
        }
        let mut path = FieldPath::root();
        for step in steps.into_iter().rev() {
            match step {
                Step::Root => {}
                Step::Key(key) => path.push_key(key),
                Step::Index(index) => path.push_index(index),
            }
        }
        path
    }
}

/// The state of a walk.
pub(crate) struct Walk {
    minor: u16,
    tables: &'static Tables,
    pub(crate) errors: Vec<SchemaError>,
}

impl Walk {
    pub(crate) fn new(version: Version) -> Self {
        Self { minor: version.minor(), tables: &TABLES, errors: Vec::new() }
    }

    #[cold]
    pub(crate) fn report(&mut self, at: &Place<'_>, node: Node<'_>, problem: Problem) {
        self.report_at(at, node, node.span(), problem);
    }

    #[cold]
    pub(crate) fn report_at(&mut self, at: &Place<'_>, node: Node<'_>, span: Span, problem: Problem) {
        self.errors.push(SchemaError { path: at.path(), span, node: node.id(), problem });
    }

    #[cold]
    pub(crate) fn wrong_type(&mut self, at: &Place<'_>, node: Node<'_>, expected: &'static str) {
        self.report(at, node, Problem::WrongType { expected, found: value::found(node) });
    }

    /// Stops a walk that is too deep, and says so.
    pub(crate) fn is_too_deep(&mut self, at: &Place<'_>, node: Node<'_>) -> bool {
        if at.depth > MAX_DEPTH {
            self.report(at, node, Problem::TooDeep);
        }
        at.depth > MAX_DEPTH
    }

    /// Checks an object with fixed fields. A null stands for an empty one.
    pub(crate) fn object(&mut self, node: Node<'_>, id: TypeId, at: &Place<'_>) {
        if !matches!(node.kind(), Kind::Map | Kind::Null) {
            self.wrong_type(at, node, "a mapping");
            return;
        }
        if self.is_too_deep(at, node) {
            return;
        }
        let rows = self.tables.fields(id);
        let mut present = 0;
        for (key, key_node, value) in node.entries() {
            let place = at.key(key);
            match self.find(rows, key) {
                None if place.mode.lenient => {}
                None => self.unknown(rows, key, &place, key_node, value),
                Some(_) if value.is_null() => {}
                Some(row) => {
                    present += u16::from(row.enforced);
                    let status = at.is_root() && key == "status";
                    let mode =
                        Mode { decode_only: at.mode.decode_only || row.decode_only || status, ..at.mode };
                    self.value(value, row.ty, row.values, &place.with(mode));
                }
            }
        }
        let enforced = self.tables.types.get(id.index()).map_or(0, |row| row.enforced);
        if present < enforced && !at.mode.decode_only {
            self.missing(rows, node, at);
        }
    }

    fn find(&self, rows: &'static [FieldRow], key: &str) -> Option<&'static FieldRow> {
        let first = rows.partition_point(|row| row.name < key);
        let mut named = rows[first..].iter().take_while(|row| row.name == key);
        named.find(|row| (row.since..=row.until).contains(&self.minor))
    }

    #[cold]
    fn missing(&mut self, rows: &'static [FieldRow], node: Node<'_>, at: &Place<'_>) {
        let minor = self.minor;
        for row in rows.iter().filter(|row| row.enforced && (row.since..=row.until).contains(&minor)) {
            if node.get(row.name).is_none_or(Node::is_null) {
                self.report(&at.key(row.name), node, Problem::MissingRequired);
            }
        }
    }

    #[cold]
    fn unknown(&mut self, rows: &[FieldRow], key: &str, at: &Place<'_>, key_node: Node<'_>, node: Node<'_>) {
        let minor = self.minor;
        let mut other_minors = rows.iter().filter(|row| row.name == key).map(field_of);
        let first = other_minors.next();
        let last = other_minors.next_back().or(first);
        let since = first.and_then(|field| field.since).filter(|since| since.minor() > minor);
        let until = last.and_then(|field| field.until).filter(|until| until.minor() < minor);
        let known = rows.iter().filter(|row| (row.since..=row.until).contains(&minor)).map(|row| row.name);
        let suggestion = if first.is_some() { None } else { suggest::nearest(key, known).map(str::to_owned) };
        self.report_at(at, node, key_node.span(), Problem::UnknownField { suggestion, since, until });
    }

    /// Checks a value that is not null; `values` is the closed set of its strings, 0 for none.
    pub(crate) fn value(&mut self, node: Node<'_>, ty: Type, values: u16, at: &Place<'_>) {
        match ty {
            Type::Object(id) => self.object(node, id, at),
            Type::List(element) => self.list(node, self.tables.element(element), values, at),
            Type::Map(element) => {
                if node.kind() != Kind::Map {
                    self.wrong_type(at, node, "a mapping");
                    return;
                }
                let element = self.tables.element(element);
                for (key, _, value) in node.entries() {
                    self.element(value, element, values, &at.key(key));
                }
            }
            Type::Labels | Type::Annotations => self.labels(node, ty == Type::Labels, at),
            Type::SchemaOrBool | Type::SchemaOrList | Type::SchemaOrStrings => self.union(node, ty, at),
            Type::String if node.kind() == Kind::Str => {
                if values != 0 && !at.mode.decode_only {
                    self.closed_set(node, values, at);
                }
            }
            _ => {
                if let Err(problem) = value::check(node, ty) {
                    self.report(at, node, problem);
                }
            }
        }
    }

    fn list(&mut self, node: Node<'_>, element: Type, values: u16, at: &Place<'_>) {
        if node.kind() != Kind::Seq {
            self.wrong_type(at, node, "a list");
            return;
        }
        for (index, item) in node.items().enumerate() {
            self.element(item, element, values, &at.index(index));
        }
    }

    /// A null element is the type's zero value, so a null object misses its required fields.
    fn element(&mut self, node: Node<'_>, element: Type, values: u16, at: &Place<'_>) {
        if !node.is_null() || matches!(element, Type::Object(_)) {
            self.value(node, element, values, at);
        }
    }

    fn closed_set(&mut self, node: Node<'_>, values: u16, at: &Place<'_>) {
        let allowed = self.tables.values.get(usize::from(values)).copied().unwrap_or("");
        let text = node.scalar_text().unwrap_or("");
        // The empty string is the absent value of a string in Go, so the API server sees nothing or a default.
        if !text.is_empty() && allowed.split('|').all(|value| value != text) {
            let allowed = allowed.split('|').filter(|value| !value.is_empty()).map(str::to_owned).collect();
            self.report(at, node, Problem::BadEnum { allowed });
        }
    }

    fn labels(&mut self, node: Node<'_>, labels: bool, at: &Place<'_>) {
        if node.kind() != Kind::Map {
            self.wrong_type(at, node, "a mapping");
            return;
        }
        for (key, key_node, value) in node.entries() {
            let place = at.key(key);
            if !matches!(value.kind(), Kind::Str | Kind::Null) {
                self.wrong_type(&place, value, "text");
            } else if at.mode.decode_only {
                continue;
            } else if let Some(problem) = value::label_problem(key, value, labels) {
                self.report_at(&place, value, problem.1.map_or(key_node.span(), Node::span), problem.0);
            }
        }
    }

    /// The unions of a JSON schema have decoders of their own, which are not strict, and which ignore other types.
    fn union(&mut self, node: Node<'_>, ty: Type, at: &Place<'_>) {
        let Some(schema) = self.tables.json_schema else { return };
        let place = at.with(Mode { lenient: true, ..at.mode });
        match (node.kind(), ty) {
            (Kind::Map, _) => self.object(node, schema, &place),
            (Kind::Seq, Type::SchemaOrList) => self.list(node, Type::Object(schema), 0, &place),
            (Kind::Seq, Type::SchemaOrStrings) => self.list(node, Type::String, 0, &place),
            (Kind::Bool, Type::SchemaOrBool) => {}
            (_, Type::SchemaOrBool) => self.wrong_type(at, node, "a schema or `true` or `false`"),
            _ => {}
        }
    }
}
