//! `rampart rbac matrix`: who may do what to which resource.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rampart_authz::rbac::Principal;
use serde_json::{Value, json};

use super::world::World;
use super::{MatrixArguments, words};
use crate::emit;

/// A subject and where its rights hold; `None` is everywhere.
type Row = (String, Option<String>);

/// Verbs of one subject on one resource.
#[derive(Default, Clone)]
struct Cell {
    verbs: BTreeSet<String>,
    /// Every right in it is for some names only.
    named: bool,
}

/// The whole table. Columns are `resource.group`.
#[derive(Default)]
struct Table {
    rows: BTreeMap<Row, BTreeMap<String, Cell>>,
    columns: BTreeSet<String>,
}

pub(crate) fn run(arguments: &MatrixArguments) -> anyhow::Result<u8> {
    let outputs = emit::open(&arguments.show.output, &["text", "json", "csv"])?;
    let input = &arguments.input;
    let world =
        World::load(&input.paths, &input.read, arguments.default_namespace.as_deref(), &arguments.show)?;
    let table = table(&world, arguments.namespace.as_deref(), arguments.show.verbose);
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&json!({"complete": world.is_complete(), "rows": values(&table)}))?,
            "csv" => output.write(&csv(&table)?)?,
            _ => output.write(&(text(&table) + &world.open_end()))?,
        }
    }
    Ok(world.exit_code(0))
}

fn table(world: &World, namespace: Option<&str>, verbose: bool) -> Table {
    let policy = &world.policy;
    let mut table = Table::default();
    for &principal in policy.principals() {
        let subject = match principal {
            Principal::User(name) => words::subject(false, policy.text(name)),
            Principal::Group(name) => words::subject(true, policy.text(name)),
        };
        for permission in policy.permissions_of(&[principal]) {
            if !verbose && permission.grants.iter().all(|&grant| world.is_built_in(grant)) {
                continue;
            }
            let mut scopes: Vec<Option<String>> = permission
                .namespaces
                .iter()
                .filter(|own| namespace.is_none_or(|wanted| wanted == **own))
                .map(|own| Some((*own).to_owned()))
                .collect();
            if permission.cluster {
                scopes.push(None);
            }
            let rule = policy.rule(permission.rule);
            let mut columns: Vec<String> =
                rule.non_resource_urls.iter().map(|url| (*url).to_owned()).collect();
            for group in &rule.api_groups {
                columns.extend(rule.resources.iter().map(|resource| column(resource, group)));
            }
            for scope in scopes {
                let row = table.rows.entry((subject.clone(), scope)).or_default();
                for column in &columns {
                    table.columns.insert(column.clone());
                    let named = !rule.resource_names.is_empty();
                    let cell =
                        row.entry(column.clone()).or_insert_with(|| Cell { named: true, ..Cell::default() });
                    cell.verbs.extend(rule.verbs.iter().map(|verb| (*verb).to_owned()));
                    cell.named &= named;
                }
            }
        }
    }
    table
}

fn column(resource: &str, group: &str) -> String {
    match (resource, group) {
        ("*", "*") => "*".to_owned(),
        (resource, "") => resource.to_owned(),
        (resource, group) => format!("{resource}.{group}"),
    }
}

/// One letter for each usual verb; names in lower case, so a cell for some names stands in brackets.
fn letters(cell: &Cell) -> String {
    const LETTERS: [(&str, char); 8] = [
        ("get", 'g'),
        ("list", 'l'),
        ("watch", 'w'),
        ("create", 'c'),
        ("update", 'u'),
        ("patch", 'p'),
        ("delete", 'd'),
        ("deletecollection", 'D'),
    ];
    if cell.verbs.contains("*") {
        return "*".to_owned();
    }
    let mut out: String =
        LETTERS.iter().filter(|(verb, _)| cell.verbs.contains(*verb)).map(|(_, letter)| letter).collect();
    if cell.verbs.iter().any(|verb| LETTERS.iter().all(|(known, _)| known != verb)) {
        out.push('!');
    }
    if cell.named { format!("({out})") } else { out }
}

fn text(table: &Table) -> String {
    if table.rows.is_empty() {
        return "no rights through the bindings of this input; -v shows those of Kubernetes itself\n"
            .to_owned();
    }
    let mut out = String::new();
    for ((subject, scope), cells) in &table.rows {
        let _ = writeln!(out, "{subject} {}", words::scope(scope.as_deref()));
        // Resources with equal letters share a line.
        let mut by_letters: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (column, cell) in cells {
            by_letters.entry(letters(cell)).or_default().push(column);
        }
        for (letters, columns) in by_letters {
            let _ = writeln!(out, "   {letters:<10}{}", columns.join(", "));
        }
    }
    out.push_str("\ng get  l list  w watch  c create  u update  p patch  d delete  D deletecollection  * every verb\n! bind, escalate, impersonate and other verbs   ( ) some names only\n");
    out
}

fn csv(table: &Table) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let columns: Vec<&String> = table.columns.iter().collect();
    let head = ["subject".to_owned(), "namespace".to_owned()];
    out.write_record(head.iter().chain(columns.iter().copied()))?;
    for ((subject, scope), cells) in &table.rows {
        let mut record = vec![subject.clone(), scope.clone().unwrap_or_else(|| "*".to_owned())];
        record.extend(columns.iter().map(|column| cells.get(*column).map(letters).unwrap_or_default()));
        out.write_record(record)?;
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}

fn values(table: &Table) -> Vec<Value> {
    let row = |((subject, scope), cells): (&Row, &BTreeMap<String, Cell>)| {
        let cells: BTreeMap<&String, Value> = cells
            .iter()
            .map(|(column, cell)| (column, json!({"verbs": cell.verbs, "someNames": cell.named})))
            .collect();
        json!({"subject": subject, "namespace": scope, "resources": cells})
    };
    table.rows.iter().map(row).collect()
}
