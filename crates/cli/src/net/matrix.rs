//! `rampart net matrix`.

use std::collections::HashMap;
use std::fmt::Write as _;

use rampart_netpol::query::{self, Matrix};
use rampart_netpol::{Outcome, OutcomeId, PortSet};
use serde::Serialize;

use super::words::{self, GroupWords};
use super::world::World;
use super::{MatrixArguments, picture};
use crate::emit;

/// The collapsed matrix with names.
pub(crate) struct Named {
    pub(crate) groups: Vec<GroupWords>,
    /// Different sets of ports in words; cells name them by index.
    pub(crate) ports: Vec<String>,
    /// By source, then destination.
    pub(crate) cells: Vec<Cell>,
}

/// What one group may open towards another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Index of the source.
    pub(crate) from: u32,
    /// Index of the destination.
    pub(crate) to: u32,
    pub(crate) state: State,
    /// The ports, as an index into [`Named::ports`].
    pub(crate) ports: u32,
}

/// How open a cell is, over TCP, UDP and SCTP.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Every port.
    All,
    /// Some ports.
    Some,
    /// No port.
    None,
    /// Nobody can tell about some ports.
    Unknown,
}

impl State {
    fn of(outcome: &Outcome, unsure: bool) -> Self {
        let transport = PortSet::transport();
        let allowed = outcome.allowed().intersect(&transport);
        if unsure || !outcome.unknown().intersect(&transport).is_empty() {
            Self::Unknown
        } else if allowed.is_empty() {
            Self::None
        } else if allowed == transport {
            Self::All
        } else {
            Self::Some
        }
    }

    /// For programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Some => "some",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }

    fn mark(self) -> char {
        match self {
            Self::All => '#',
            Self::Some => '+',
            Self::None => '.',
            Self::Unknown => '?',
        }
    }
}

pub(crate) fn run(arguments: &MatrixArguments) -> anyhow::Result<u8> {
    let question = &arguments.question;
    let outputs = emit::open(&question.net.output, &["text", "json", "csv", "dot", "mermaid", "html"])?;
    let mut world = World::load(&question.paths, &question.net)?;
    let matrix = query::matrix(&mut world.index);
    let named = name(&world, &matrix, &arguments.namespace);
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.write(&(json(&world, &named)? + "\n"))?,
            "csv" => output.write(&csv(&named)?)?,
            "dot" => output.write(&picture::dot(&named))?,
            "mermaid" => output.write(&picture::mermaid(&named))?,
            "html" => output.write(&picture::html(&world, &named)?)?,
            _ => output.write(&text(&world, &named))?,
        }
    }
    Ok(world.exit_code(0))
}

fn name(world: &World, matrix: &Matrix, namespaces: &[String]) -> Named {
    let all: Vec<GroupWords> = matrix.groups.iter().map(|group| words::group(world, group)).collect();
    let wanted = |group: &GroupWords| {
        namespaces.is_empty() || group.outside || group.namespaces.iter().any(|own| namespaces.contains(own))
    };
    // Pods first, by name; nodes and the outside last.
    let mut order: Vec<usize> = (0..all.len()).filter(|&index| wanted(&all[index])).collect();
    order.sort_by_key(|&index| {
        let group = &all[index];
        (group.outside, group.namespaces.is_empty(), &group.title)
    });
    let mut cells = Vec::with_capacity(order.len() * order.len());
    // There are few different outcomes, whatever the number of cells.
    let mut known: HashMap<OutcomeId, (State, u32)> = HashMap::new();
    let mut ports: Vec<String> = Vec::new();
    for (from, &source) in order.iter().enumerate() {
        for (to, &target) in order.iter().enumerate() {
            if all[source].outside && all[target].outside {
                continue;
            }
            let id = matrix.outcome(source as u32, target as u32);
            let (state, ports) = *known.entry(id).or_insert_with(|| {
                let outcome = world.index.outcomes().get(id);
                ports.push(words::ports(outcome));
                (State::of(outcome, world.gap.is_some()), ports.len() as u32 - 1)
            });
            cells.push(Cell { from: from as u32, to: to as u32, state, ports });
        }
    }
    let mut all: Vec<Option<GroupWords>> = all.into_iter().map(Some).collect();
    Named { groups: order.iter().filter_map(|&index| all[index].take()).collect(), ports, cells }
}

/// Groups that a grid of letters still shows.
const GRID: usize = 60;

fn text(world: &World, named: &Named) -> String {
    let mut out = String::new();
    let workloads: usize =
        named.groups.iter().filter(|group| !group.outside).map(|group| group.members.len()).sum();
    let _ = writeln!(
        out,
        "{} and the outside, {} that differ; rows open connections to columns",
        plural(workloads, "workload"),
        plural(named.groups.len(), "group")
    );
    if named.groups.len() <= GRID {
        grid(&mut out, named);
    }
    partial(&mut out, named);
    for (index, group) in named.groups.iter().enumerate().filter(|(_, group)| group.members.len() > 1) {
        let shown = group.members.len().min(12);
        let more = group.members.len() - shown;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(out, "{:>4}  {}{more}", index + 1, group.members[..shown].join(", "));
    }
    let _ = writeln!(out, "\nnetwork plugin: {}", world.plugin);
    out
}

fn grid(out: &mut String, named: &Named) {
    let width = named.groups.iter().map(|group| group.title.chars().count()).max().unwrap_or(0).min(44);
    let count = named.groups.len();
    let indent = " ".repeat(width + 7);
    if count > 9 {
        let tens: String = (1..=count)
            .map(|n| format!(" {}", if n % 10 == 0 { (n / 10).to_string() } else { " ".to_owned() }))
            .collect();
        let _ = writeln!(out, "\n{indent}{}", tens.trim_end());
    } else {
        out.push('\n');
    }
    let ones: String = (1..=count).map(|n| format!(" {}", n % 10)).collect();
    let _ = writeln!(out, "{indent}{ones}");
    for (row, group) in named.groups.iter().enumerate() {
        let title: String = group.title.chars().take(width).collect();
        let _ = write!(out, "{:>4}  {title:<width$} ", row + 1);
        for column in 0..count {
            let mark = named.cell(row, column).map_or(' ', |cell| cell.state.mark());
            let _ = write!(out, " {mark}");
        }
        out.push('\n');
    }
    out.push_str("\n#  every port   +  some ports, below   .  nothing   ?  unknown\n\n");
}

/// The cells that a letter does not tell, destinations with equal ports together.
fn partial(out: &mut String, named: &Named) {
    let shown = |cell: &&Cell| matches!(cell.state, State::Some | State::Unknown);
    let mut any = false;
    for row in named.cells.chunk_by(|a, b| a.from == b.from) {
        let mut cells: Vec<&Cell> = row.iter().filter(shown).collect();
        cells.sort_by(|a, b| named.ports_of(a).cmp(named.ports_of(b)).then(a.to.cmp(&b.to)));
        for group in cells.chunk_by(|a, b| named.ports_of(a) == named.ports_of(b)) {
            let to: Vec<String> =
                group.iter().map(|cell| named.groups[cell.to as usize].title.clone()).collect();
            let from = &named.groups[group[0].from as usize].title;
            let _ = writeln!(out, "{from} -> {}  {}", words::join(&to), named.ports_of(group[0]));
            any = true;
        }
    }
    if any {
        out.push('\n');
    }
}

impl Named {
    /// What one group may open towards another; `None` between outside addresses.
    pub(crate) fn cell(&self, from: usize, to: usize) -> Option<&Cell> {
        let (from, to) = (from as u32, to as u32);
        self.cells
            .binary_search_by_key(&(from, to), |cell| (cell.from, cell.to))
            .ok()
            .map(|index| &self.cells[index])
    }

    /// The ports of a cell in words.
    pub(crate) fn ports_of(&self, cell: &Cell) -> &str {
        &self.ports[cell.ports as usize]
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// One line for each pair of groups.
fn csv(named: &Named) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["from", "to", "connections", "ports", "fromMembers", "toMembers"])?;
    for cell in &named.cells {
        let (from, to) = (&named.groups[cell.from as usize], &named.groups[cell.to as usize]);
        out.write_record([
            from.title.as_str(),
            to.title.as_str(),
            cell.state.word(),
            named.ports_of(cell),
            from.members.join(" ").as_str(),
            to.members.join(" ").as_str(),
        ])?;
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}

/// The matrix for programs, written without a tree of values: large clusters have a million cells.
#[derive(Serialize)]
struct Page<'a> {
    cni: &'a str,
    reason: Option<&'a str>,
    groups: &'a [GroupWords],
    /// Pairs that are not listed open nothing.
    cells: Vec<Open<'a>>,
}

/// A cell that is open.
#[derive(Serialize)]
struct Open<'a> {
    from: u32,
    to: u32,
    connections: &'static str,
    ports: &'a str,
}

/// The matrix as JSON; pairs of groups without a connection are left out.
pub(crate) fn json(world: &World, named: &Named) -> anyhow::Result<String> {
    let open = named.cells.iter().filter(|cell| cell.state != State::None);
    let cells = open.map(|cell| Open {
        from: cell.from,
        to: cell.to,
        connections: cell.state.word(),
        ports: named.ports_of(cell),
    });
    let page = Page {
        cni: &world.plugin,
        reason: world.gap.as_deref(),
        groups: &named.groups,
        cells: cells.collect(),
    };
    Ok(serde_json::to_string(&page)?)
}
