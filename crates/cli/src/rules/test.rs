use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use rampart_model::{Carriers, Version};
use rampart_policy::custom::{CustomRules, Outcome};

use crate::{custom, exit};

#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// Files with rules (rampart.dev/rules/v1)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// `rampart rules test`.
pub(super) fn run(arguments: &TestArguments) -> anyhow::Result<u8> {
    let mut files: Vec<(&PathBuf, CustomRules)> = Vec::new();
    for path in &arguments.files {
        files.push((path, custom::read(path, Version::NEWEST)?));
    }
    let mut out = anstream::stdout().lock();
    let (mut held, mut broken, mut untested) = (0, 0, 0);
    for (path, file) in &files {
        writeln!(out, "{}", path.display())?;
        let mut rule = "";
        for test in file.test(&Carriers::default()) {
            if rule != test.rule {
                rule = test.rule;
                writeln!(out, "  {rule}")?;
            }
            match test.outcome {
                Outcome::Held => {
                    held += 1;
                    writeln!(out, "    ok    {} ({})", test.name, test.wanted.as_str())?;
                }
                Outcome::Broken(why) => {
                    broken += 1;
                    writeln!(out, "    FAIL  {}: {why}", test.name)?;
                }
            }
        }
        for id in file.untested() {
            untested += 1;
            writeln!(out, "  {id}\n    no tests")?;
        }
    }
    let without = if untested > 0 { format!(", {untested} rules without tests") } else { String::new() };
    writeln!(out, "\n{held} tests hold, {broken} do not{without}")?;
    Ok(if broken > 0 { exit::FINDINGS } else { 0 })
}
