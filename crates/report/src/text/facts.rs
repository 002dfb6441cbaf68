use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use crate::text::Text;
use crate::{Fact, FactText, place};

/// Facts of one list that are shown before the rest is only counted.
const SHOWN: usize = 20;

/// The lists of inventory rules: each fact once, with the objects that share it counted.
pub(super) fn write(text: &Text<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut lists: BTreeMap<&str, Vec<(&Fact, usize)>> = BTreeMap::new();
    let mut known: BTreeMap<*const FactText, usize> = BTreeMap::new();
    for fact in text.report.facts {
        let list = lists.entry(fact.text.list).or_default();
        match known.get(&Arc::as_ptr(&fact.text)) {
            Some(&at) => list[at].1 += 1,
            None => {
                known.insert(Arc::as_ptr(&fact.text), list.len());
                list.push((fact, 1));
            }
        }
    }
    for (name, facts) in lists {
        writeln!(out, "{}  {}", text.styles.heading.paint(name), facts.len())?;
        let shown = if text.options.verbose { facts.len() } else { SHOWN };
        for (fact, objects) in facts.iter().take(shown) {
            let object = text.report.inventory.object(fact.object);
            let at = text.styles.dim.paint(&place(object, &fact.path()).text());
            let more = if *objects > 1 { format!(" and {} more", objects - 1) } else { String::new() };
            let line = format!("{}  {object}{more}  {at}", fact.text.what);
            writeln!(out, "{}", text.hanging("  ", 2, &line))?;
        }
        if facts.len() > shown {
            writeln!(out, "  {} more; -v lists them", facts.len() - shown)?;
        }
        writeln!(out)?;
    }
    Ok(())
}
