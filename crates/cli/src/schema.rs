//! `rampart schema`: the shapes of files that Rampart reads and writes.

use std::io::Write as _;

use anyhow::bail;
use clap::Args;
use rampart_rules::framework::Framework;
use rampart_triage::ExceptionsFile;

use crate::config;

/// `rampart schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// The schema; without it, all are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Where a schema comes from.
enum Origin {
    /// The types that read the file.
    Types(fn() -> serde_json::Value),
    /// A file of its own, which tests compare with what is written.
    Text(&'static str),
}

/// Name, file, schema.
const SCHEMAS: &[(&str, &str, Origin)] = &[
    ("config", "rampart.yaml", Origin::Types(config::schema)),
    ("exceptions", "rampart-exceptions.yaml", Origin::Types(ExceptionsFile::schema)),
    ("framework", "a framework of your own", Origin::Types(Framework::schema)),
    ("rules", "rules of your own", Origin::Text(include_str!("../../../schemas/rules-v1.schema.json"))),
    ("report", "rampart.dev/report/v1", Origin::Text(include_str!("../../../schemas/report-v1.json"))),
    ("baseline", "rampart.dev/baseline/v1", Origin::Text(include_str!("../../../schemas/baseline-v1.json"))),
    ("diff", "rampart.dev/diff/v1", Origin::Text(include_str!("../../../schemas/diff-v1.json"))),
];

/// `rampart schema`.
pub(crate) fn run(arguments: &SchemaArguments) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    let Some(name) = &arguments.name else {
        for (name, file, _) in SCHEMAS {
            writeln!(out, "{name:10}  {file}")?;
        }
        return Ok(0);
    };
    match SCHEMAS.iter().find(|(known, ..)| known == name) {
        Some((.., Origin::Types(schema))) => {
            serde_json::to_writer_pretty(&mut out, &schema())?;
            writeln!(out)?;
        }
        Some((.., Origin::Text(text))) => write!(out, "{text}")?,
        None => {
            let known: Vec<&str> = SCHEMAS.iter().map(|(known, ..)| *known).collect();
            bail!("there is no schema `{name}`; known are {}", known.join(", "));
        }
    }
    Ok(0)
}
