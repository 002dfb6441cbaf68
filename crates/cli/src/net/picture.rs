//! The matrix as pictures.

use std::fmt::Write as _;

use super::matrix::{self, Cell, Named, State};
use super::world::World;

/// Edges worth drawing: what may be opened between different groups.
fn edges(named: &Named) -> impl Iterator<Item = &Cell> {
    named.cells.iter().filter(|cell| cell.from != cell.to && cell.state != State::None)
}

fn label<'a>(named: &'a Named, cell: &Cell) -> &'a str {
    if cell.state == State::All { "all ports" } else { named.ports_of(cell) }
}

/// Graphviz.
pub(crate) fn dot(named: &Named) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut out =
        String::from("digraph reach {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
    for (index, group) in named.groups.iter().enumerate() {
        let shape = if group.outside { ", shape=ellipse" } else { "" };
        let tip = quoted(&group.members.join(", "));
        let _ = writeln!(out, "  g{index} [label={}, tooltip={tip}{shape}];", quoted(&group.title));
    }
    for cell in edges(named) {
        let style = if cell.state == State::Unknown { ", style=dashed" } else { "" };
        let _ =
            writeln!(out, "  g{} -> g{} [label={}{style}];", cell.from, cell.to, quoted(label(named, cell)));
    }
    out.push_str("}\n");
    out
}

/// Mermaid, as GitHub and GitLab draw it.
pub(crate) fn mermaid(named: &Named) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "#quot;"));
    let mut out = String::from("flowchart LR\n");
    for (index, group) in named.groups.iter().enumerate() {
        let (open, close) = if group.outside { ("([", "])") } else { ("[", "]") };
        let _ = writeln!(out, "  g{index}{open}{}{close}", quoted(&group.title));
    }
    for cell in edges(named) {
        let arrow = if cell.state == State::Unknown { "-.->" } else { "-->" };
        let _ = writeln!(out, "  g{} {arrow}|{}| g{}", cell.from, quoted(label(named, cell)), cell.to);
    }
    out
}

/// One page that needs nothing else: the matrix with filters, and what stands behind each cell.
pub(crate) fn html(world: &World, named: &Named) -> anyhow::Result<String> {
    let data = matrix::json(world, named)?;
    // A name inside the data must not end the script element it stands in.
    let data = data.replace('<', "\\u003c");
    Ok(include_str!("matrix.html").replacen("\"DATA\"", &data, 1))
}
