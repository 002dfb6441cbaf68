//! `rampart net assert`: expectations as a test.

use std::fmt::Write as _;

use anyhow::{Context as _, anyhow, bail};
use rampart_document::{Diagnostic, Limits, Node, Source, parse_yaml};
use rampart_model::Problem;
use rampart_netpol::{Proto, Verdict};
use rampart_report::problem_text;
use serde_json::{Value, json};

use super::peers::{self, End, Peer};
use super::reach::{self, Answer};
use super::world::World;
use super::{AssertArguments, words};
use crate::{emit, exit, terminal};

/// One expectation of the file.
struct Expectation {
    name: String,
    /// `file:line:column`.
    at: String,
    from: Vec<Peer>,
    to: Vec<Peer>,
    /// Every port when none is named.
    port: Option<(Proto, u16)>,
    allowed: bool,
}

/// What came of one.
struct Outcome<'a> {
    wanted: &'a Expectation,
    verdict: Verdict,
    /// For one that is not met: what holds instead.
    why: Vec<String>,
}

pub(crate) fn run(arguments: &AssertArguments) -> anyhow::Result<u8> {
    let question = &arguments.question;
    let outputs = emit::open(&question.net.output, &["text", "json", "junit"])?;
    let text = std::fs::read_to_string(&arguments.file)
        .with_context(|| format!("cannot read {}", arguments.file))?;
    let expectations = parse(&Source::new(arguments.file.clone(), text))?;
    let world = World::load(&question.paths, &question.net)?;
    let outcomes =
        expectations.iter().map(|wanted| check(&world, wanted)).collect::<anyhow::Result<Vec<_>>>()?;
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&json!({"cni": world.plugin, "expectations": values(&outcomes)}))?,
            "junit" => output.write(&junit(&outcomes))?,
            _ => output.write(&self::text(&outcomes, &world.plugin))?,
        }
    }
    let wrong = |outcome: &Outcome<'_>| outcome.verdict != Verdict::Unknown && !met(outcome);
    let code = if outcomes.iter().any(wrong) {
        exit::FINDINGS
    } else if outcomes.iter().any(|outcome| !met(outcome)) {
        exit::INCOMPLETE
    } else {
        0
    };
    Ok(world.exit_code(code))
}

fn met(outcome: &Outcome<'_>) -> bool {
    outcome.verdict == if outcome.wanted.allowed { Verdict::Allowed } else { Verdict::Denied }
}

/// Reads the file; the first thing that is wrong ends it, since half a test tests nothing.
fn parse(source: &Source) -> anyhow::Result<Vec<Expectation>> {
    let shown = |diagnostic| {
        anyhow!("{}", problem_text(&Problem::text(source, diagnostic), &terminal::stderr()))
            .context(format!("{} was not understood", source.name()))
    };
    let parsed = parse_yaml(source, &Limits::default());
    if let Some(diagnostic) = parsed.diagnostics.into_iter().next() {
        return Err(shown(diagnostic));
    }
    let Some(root) = parsed.tree.documents().next() else { bail!("{} is empty", source.name()) };
    let wrong =
        |node: Node<'_>, message: String| shown(Diagnostic::error("expectations", node.span(), message));
    if let Some((key, _, _)) = root.entries().find(|(key, ..)| *key != "connections") {
        return Err(wrong(root, format!("`{key}` is not known here; the only field is `connections`")));
    }
    let list = root.get("connections").filter(|list| list.as_seq().is_some());
    let list = list.ok_or_else(|| wrong(root, "a list `connections` is expected".to_owned()))?;
    let mut out = Vec::new();
    for item in list.items() {
        out.push(expectation(source, item).map_err(|(node, message)| wrong(node, message))?);
    }
    if out.is_empty() {
        return Err(wrong(list, "the list holds no expectation".to_owned()));
    }
    Ok(out)
}

/// A place and what is wrong there.
type Wrong<'a> = (Node<'a>, String);

fn expectation<'a>(source: &Source, item: Node<'a>) -> Result<Expectation, Wrong<'a>> {
    const FIELDS: [&str; 5] = ["name", "from", "to", "port", "expect"];
    if let Some((key, _, _)) = item.entries().find(|(key, ..)| !FIELDS.contains(key)) {
        let near = rampart_schema::nearest(key, FIELDS.into_iter());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err((item, format!("`{key}` is not known here{near} Known are {}", FIELDS.join(", "))));
    }
    let peers = |key: &str| -> Result<Vec<Peer>, Wrong<'a>> {
        let node = item.get(key).ok_or_else(|| (item, format!("`{key}` is missing")))?;
        let nodes: Vec<Node<'a>> = if node.as_seq().is_some() { node.items().collect() } else { vec![node] };
        if nodes.is_empty() {
            return Err((node, format!("`{key}` is empty")));
        }
        let read = |node: Node<'a>| {
            let text = node.as_str().ok_or_else(|| (node, "a text is expected".to_owned()))?;
            Peer::parse(text).map_err(|error| (node, error.to_string()))
        };
        nodes.into_iter().map(read).collect()
    };
    let port = match item.get("port").filter(|node| !node.is_null()) {
        None => None,
        Some(node) => {
            let text =
                node.scalar_text().ok_or_else(|| (node, "a port is expected: 8080 or udp/53".to_owned()))?;
            Some(peers::port(text).map_err(|error| (node, error.to_string()))?)
        }
    };
    let expect =
        item.get("expect").ok_or_else(|| (item, "`expect` is missing: allowed or denied".to_owned()))?;
    let allowed = match expect.as_str() {
        Some("allowed") => true,
        Some("denied") => false,
        _ => return Err((expect, "expected allowed or denied".to_owned())),
    };
    let (from, to) = (peers("from")?, peers("to")?);
    let position = source.position(item.span().start);
    let at = format!("{}:{}:{}", source.name(), position.line, position.column);
    let name = item.get("name").and_then(Node::as_str).map(str::to_owned);
    Ok(Expectation { name: name.unwrap_or_else(|| at.clone()), at, from, to, port, allowed })
}

fn check<'a>(world: &World, wanted: &'a Expectation) -> anyhow::Result<Outcome<'a>> {
    let resolve = |peers: &[Peer]| -> anyhow::Result<Vec<End>> {
        let ends = peers.iter().map(|peer| world.resolve(peer));
        ends.collect::<anyhow::Result<_>>().with_context(|| format!("{}: `{}`", wanted.at, wanted.name))
    };
    let (from, to) = (resolve(&wanted.from)?, resolve(&wanted.to)?);
    let goal = if wanted.allowed { Verdict::Allowed } else { Verdict::Denied };
    let (mut verdict, mut why) = (goal, Vec::new());
    for source in &from {
        for target in &to {
            let (got, reasons) = match wanted.port {
                Some(port) => {
                    let answer = reach::ask(world, source, target, port);
                    (worst(&answer, goal), reasons(world, &answer, goal))
                }
                None => {
                    let (got, text) = reach::every_port_state(world, source, target, goal)?;
                    (got, if got == goal { Vec::new() } else { vec![text] })
                }
            };
            if got != goal {
                // A certain disagreement tells more than an unknown.
                verdict = if verdict == goal || got != Verdict::Unknown { got } else { verdict };
                why.extend(reasons);
            }
        }
    }
    Ok(Outcome { wanted, verdict, why })
}

/// The verdict against a goal: one connection that certainly disagrees decides.
fn worst(answer: &Answer, goal: Verdict) -> Verdict {
    let opposite = if goal == Verdict::Allowed { Verdict::Denied } else { Verdict::Allowed };
    let disagrees = answer.asked.iter().any(|one| one.reach.verdict == opposite);
    if disagrees && answer.verdict != goal { opposite } else { answer.verdict }
}

fn reasons(world: &World, answer: &Answer, goal: Verdict) -> Vec<String> {
    let mut out: Vec<String> = answer.reason.iter().filter(|_| answer.asked.is_empty()).cloned().collect();
    for one in answer.asked.iter().filter(|one| one.reach.verdict != goal) {
        let (from, to) = (words::party(world, one.from), words::party(world, one.to));
        let sides = [
            (&one.reach.ingress, &to, rampart_netpol::Direction::Ingress),
            (&one.reach.egress, &from, rampart_netpol::Direction::Egress),
        ];
        let decides = sides.iter().find(|side| side.0.verdict == one.reach.verdict).unwrap_or(&sides[0]);
        let (sentence, at) = words::decision(world, decides.0, decides.1, decides.2);
        let at = at.map(|at| format!("   {at}")).unwrap_or_default();
        out.push(format!(
            "{from} -> {to} {} {}: {}; {sentence}{at}",
            one.port.0.name(),
            one.port.1,
            one.reach.verdict
        ));
    }
    out
}

/// Reasons of one expectation that a text shows.
const SHOWN: usize = 5;

fn text(outcomes: &[Outcome<'_>], plugin: &str) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        let word = match (met(outcome), outcome.verdict) {
            (true, _) => "ok",
            (false, Verdict::Unknown) => "?",
            (false, _) => "FAIL",
        };
        let goal = if outcome.wanted.allowed { "allowed" } else { "denied" };
        let but = if met(outcome) { String::new() } else { format!(", but is {}", outcome.verdict) };
        let _ =
            writeln!(out, "{word:<5} {} should be {goal}{but}   {}", outcome.wanted.name, outcome.wanted.at);
        for why in outcome.why.iter().take(SHOWN) {
            let _ = writeln!(out, "        {why}");
        }
        if outcome.why.len() > SHOWN {
            let _ = writeln!(out, "        and {} more", outcome.why.len() - SHOWN);
        }
    }
    let good = outcomes.iter().filter(|outcome| met(outcome)).count();
    let _ = writeln!(out, "{good} of {} as expected; network plugin: {plugin}", outcomes.len());
    out
}

fn values(outcomes: &[Outcome<'_>]) -> Vec<Value> {
    let value = |outcome: &Outcome<'_>| {
        json!({
            "name": outcome.wanted.name, "at": outcome.wanted.at,
            "expected": if outcome.wanted.allowed { "allowed" } else { "denied" },
            "verdict": outcome.verdict.to_string(), "met": met(outcome), "why": outcome.why,
        })
    };
    outcomes.iter().map(value).collect()
}

/// JUnit, as pipelines read it.
fn junit(outcomes: &[Outcome<'_>]) -> String {
    let escaped = |text: &str| {
        let text =
            text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect::<String>()
    };
    let failures = outcomes.iter().filter(|outcome| !met(outcome)).count();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"rampart net assert\" tests=\"{}\" failures=\"{failures}\">\n",
        outcomes.len()
    );
    for outcome in outcomes {
        let name = escaped(&outcome.wanted.name);
        let _ = write!(out, "<testcase classname=\"net\" name=\"{name}\"");
        if met(outcome) {
            out.push_str("/>\n");
        } else {
            let why = escaped(&outcome.why.join("\n"));
            let _ = writeln!(out, "><failure message=\"is {}\">{why}</failure></testcase>", outcome.verdict);
        }
    }
    out.push_str("</testsuite>\n</testsuites>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_files_are_refused_with_the_place() {
        for (text, wanted) in [
            ("connections: []", "holds no expectation"),
            ("connection: []", "`connection` is not known"),
            ("connections:\n- {from: a/b, to: c/d, expect: open}", "expected allowed or denied"),
            ("connections:\n- {from: a/b, to: c/d}", "`expect` is missing"),
            ("connections:\n- {from: a, to: c/d, expect: denied}", "names no end"),
            ("connections:\n- {form: a/b, to: c/d, expect: denied}", "did you mean `from`?"),
            ("connections:\n- {from: a/b, to: c/d, port: 99999, expect: denied}", "no port number"),
            ("connections: [", ""),
        ] {
            let error = parse(&Source::new("expect.yaml", text)).err().map(|error| format!("{error:#}"));
            let error = error.unwrap_or_else(|| panic!("{text} was taken"));
            assert!(error.contains(wanted) && error.contains("expect.yaml"), "{text}: {error}");
        }
        let good = "connections:\n- {name: x, from: [a/b, internet], to: 'service:c/d', port: udp/53, expect: denied}";
        let read = parse(&Source::new("expect.yaml", good)).unwrap();
        assert_eq!((read.len(), read[0].from.len(), read[0].port), (1, 2, Some((Proto::Udp, 53))));
    }
}
