//! The table file to rows. Names stay slices of the embedded text, so loading allocates a few vectors only.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::{Type, TypeId, TypeRef};

/// Written by `cargo xtask schema`; its head explains the format.
const TEXT: &str = include_str!("../data/kubernetes.txt");
/// No last minor: still there in the newest one.
pub(crate) const OPEN: u16 = u16::MAX;

pub(crate) static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables::read(TEXT));

#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// Sorted by group/version and kind.
    pub(crate) kinds: Vec<KindRow>,
    pub(crate) types: Vec<TypeRow>,
    pub(crate) fields: Vec<FieldRow>,
    /// What [`TypeRef`] points at.
    pub(crate) elements: Vec<Type>,
    /// What [`FieldRow::values`] points at; the first is no restriction.
    pub(crate) values: Vec<&'static str>,
    /// The type that the unions of a JSON schema refer to.
    pub(crate) json_schema: Option<TypeId>,
    /// The type of every object's metadata.
    pub(crate) object_meta: Option<TypeId>,
}

#[derive(Debug)]
pub(crate) struct KindRow {
    pub(crate) group_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) namespaced: bool,
    pub(crate) type_id: TypeId,
    pub(crate) since: u16,
    pub(crate) until: u16,
    pub(crate) replacement: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct TypeRow {
    pub(crate) name: &'static str,
    /// First of its fields; they end where the next type's begin. Sorted by name, then by minor.
    pub(crate) fields: u32,
    /// How many of them are enforced in some minor.
    pub(crate) enforced: u16,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldRow {
    pub(crate) name: &'static str,
    pub(crate) ty: Type,
    pub(crate) values: u16,
    pub(crate) since: u16,
    pub(crate) until: u16,
    /// The API's description calls it required.
    pub(crate) required: bool,
    /// The API server is known to reject objects without it.
    pub(crate) enforced: bool,
    /// The API server only decodes what the field holds.
    pub(crate) decode_only: bool,
}

impl Tables {
    fn read(text: &'static str) -> Self {
        let names = text.lines().filter_map(|line| line.strip_prefix("T\t"));
        let names = names.map(|rest| rest.split('\t').next().unwrap_or_default());
        let ids: FxHashMap<&str, TypeId> =
            names.enumerate().map(|(at, name)| (name, TypeId(at as u16))).collect();
        let mut loader = Loader {
            tables: Tables { values: vec![""], ..Tables::default() },
            elements: FxHashMap::default(),
            values: FxHashMap::default(),
            ids,
        };
        loader.tables.json_schema = loader.ids.get("apiextensions.v1.JSONSchemaProps").copied();
        loader.tables.object_meta = loader.ids.get("meta.v1.ObjectMeta").copied();
        for line in text.lines() {
            let mut columns = line.split('\t');
            match columns.next() {
                Some("K") => loader.kind(&mut columns),
                Some("T") => loader.type_row(&mut columns),
                _ => None,
            };
        }
        loader.tables
    }

    pub(crate) fn element(&self, reference: TypeRef) -> Type {
        self.elements.get(usize::from(reference.0)).copied().unwrap_or(Type::Any)
    }

    pub(crate) fn fields(&self, id: TypeId) -> &[FieldRow] {
        let at = id.0 as usize;
        let start = self.types.get(at).map_or(0, |row| row.fields as usize);
        let end = self.types.get(at + 1).map_or(self.fields.len(), |row| row.fields as usize);
        self.fields.get(start..end).unwrap_or(&[])
    }
}

struct Loader {
    tables: Tables,
    ids: FxHashMap<&'static str, TypeId>,
    elements: FxHashMap<&'static str, TypeRef>,
    values: FxHashMap<&'static str, u16>,
}

type Columns<'a> = std::str::Split<'static, char>;

impl Loader {
    fn kind(&mut self, columns: &mut Columns<'_>) -> Option<()> {
        let (group_version, kind, plural) = (columns.next()?, columns.next()?, columns.next()?);
        let namespaced = columns.next()? == "n";
        let type_id = *self.ids.get(columns.next()?)?;
        let (since, until) = range(columns.next()?);
        let replacement = columns.next();
        self.tables.kinds.push(KindRow {
            group_version,
            kind,
            plural,
            namespaced,
            type_id,
            since,
            until,
            replacement,
        });
        Some(())
    }

    fn type_row(&mut self, columns: &mut Columns<'_>) -> Option<()> {
        let name = columns.next()?;
        let fields = self.tables.fields.len() as u32;
        let mut all_enforced = 0;
        for column in columns {
            let (head, code) = column.split_once('=')?;
            let (head, served) = head.split_once('@').unwrap_or((head, "-"));
            let (since, until) = range(served);
            let name = head.trim_end_matches(['!', '?']);
            let enforced = head.ends_with('!');
            all_enforced += u16::from(enforced);
            let required = name.len() != head.len();
            let decode_only = code.starts_with('~');
            let code = code.trim_start_matches('~');
            let (code, values) = match code.find('|') {
                Some(at) => (&code[..at], self.values(&code[at + 1..])),
                None => (code, 0),
            };
            let ty = self.type_of(code)?;
            self.tables.fields.push(FieldRow {
                name,
                ty,
                values,
                since,
                until,
                required,
                enforced,
                decode_only,
            });
        }
        self.tables.types.push(TypeRow { name, fields, enforced: all_enforced });
        Some(())
    }

    fn values(&mut self, list: &'static str) -> u16 {
        let all = &mut self.tables.values;
        *self.values.entry(list).or_insert_with(|| {
            all.push(list);
            (all.len() - 1) as u16
        })
    }

    fn type_of(&mut self, code: &'static str) -> Option<Type> {
        let rest = code.get(1..)?;
        Some(match code.as_bytes().first()? {
            b'b' => Type::Bool,
            b'i' => Type::Int32,
            b'l' => Type::Int64,
            b'n' => Type::Number,
            b's' => Type::String,
            b'y' => Type::Bytes,
            b't' => Type::Time,
            b'm' => Type::MicroTime,
            b'q' => Type::Quantity,
            b'x' => Type::IntOrString,
            b'a' => Type::Any,
            b'L' => Type::Labels,
            b'A' => Type::Annotations,
            b'B' => Type::SchemaOrBool,
            b'R' => Type::SchemaOrList,
            b'G' => Type::SchemaOrStrings,
            b'[' => Type::List(self.element(rest)?),
            b'{' => Type::Map(self.element(rest)?),
            b'+' => Type::Object(*self.ids.get(rest)?),
            _ => return None,
        })
    }

    fn element(&mut self, code: &'static str) -> Option<TypeRef> {
        if let Some(&known) = self.elements.get(code) {
            return Some(known);
        }
        let element = self.type_of(code)?;
        let reference = TypeRef(self.tables.elements.len() as u16);
        self.tables.elements.push(element);
        self.elements.insert(code, reference);
        Some(reference)
    }
}

/// `30-`, `-33`, `30-33` or `-` as first and last minor, both inclusive.
fn range(text: &str) -> (u16, u16) {
    let (since, until) = text.split_once('-').unwrap_or((text, ""));
    (since.parse().unwrap_or(0), until.parse().unwrap_or(OPEN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;

    #[test]
    fn every_line_of_the_file_is_read() {
        let lines = |mark: &str| TEXT.lines().filter(|line| line.starts_with(mark)).count();
        assert_eq!((TABLES.kinds.len(), TABLES.types.len()), (lines("K\t"), lines("T\t")));
        assert!(TABLES.types.len() > 900 && TABLES.kinds.len() > 180, "the table is too small");
        let columns: usize = TEXT
            .lines()
            .filter(|line| line.starts_with("T\t"))
            .map(|line| line.split('\t').count() - 2)
            .sum();
        assert_eq!(TABLES.fields.len(), columns);
        assert!(TABLES.json_schema.is_some() && TABLES.object_meta.is_some());
        assert!(TABLES.elements.len() < usize::from(u16::MAX) && TABLES.types.len() < usize::from(u16::MAX));
        let bounds = TEXT.lines().find_map(|line| line.strip_prefix("V\t")).unwrap();
        assert_eq!(bounds, format!("{}\t{}", Version::OLDEST.minor(), Version::NEWEST.minor()));
    }

    #[test]
    fn rows_are_sorted_and_ranges_do_not_overlap() {
        assert!(TABLES.kinds.is_sorted_by_key(|row| (row.group_version, row.kind)));
        for at in 0..TABLES.types.len() {
            for pair in TABLES.fields(TypeId(at as u16)).windows(2) {
                let apart = pair[0].name < pair[1].name
                    || (pair[0].name == pair[1].name && pair[0].until < pair[1].since);
                assert!(apart, "{}: {pair:?}", TABLES.types[at].name);
            }
        }
    }

    #[test]
    fn loading_is_cheap() {
        let start = std::time::Instant::now();
        let tables = Tables::read(TEXT);
        // A debug build on a busy machine needs some ten milliseconds; a release build less than one.
        assert!(
            start.elapsed().as_millis() < 500,
            "{:?} for {} fields",
            start.elapsed(),
            tables.fields.len()
        );
        assert!(size_of::<FieldRow>() <= 32);
    }
}
