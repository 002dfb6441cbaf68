//! `rampart net generate`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Context as _;
use rampart_document::to_yaml;
use rampart_netpol::generate::{
    self, Document, Draft, DraftRule, Form, Generated, PeerForm, Skipped, broken, declared, policies,
};
use rampart_netpol::query::{self, Change};
use rampart_netpol::{Direction, Flow, PortSet, Verdict};
use serde_json::{Value, json};

use super::world::World;
use super::{GenerateArguments, flows};
use crate::{emit, exit};

/// Everything the answer rests on.
struct Answer {
    flows: Vec<Flow>,
    /// For connections that manifests declare: why, by flow.
    why: BTreeMap<usize, String>,
    made: Generated,
    documents: Vec<Document>,
    /// Flows that the policies would not allow.
    broken: Vec<(u32, Verdict)>,
    /// Pairs of workloads that lose connections.
    closed: usize,
}

pub(crate) fn run(arguments: &GenerateArguments) -> anyhow::Result<u8> {
    let question = &arguments.question;
    let outputs = emit::open(&question.net.output, &["yaml", "json"])?;
    let mut world = World::load(&question.paths, &question.net)?;
    let mut notes = String::new();
    let mut all: Vec<Flow> = Vec::new();
    let mut why = BTreeMap::new();
    if !arguments.flows.is_empty() {
        let observed = flows::read(&world, &arguments.flows)?;
        notes.push_str(&flows::report(&observed.summary));
        notes.push_str("  what runs seldom may not be in this window\n");
        all.extend(observed.flows);
    }
    if arguments.flows.is_empty() || arguments.declared {
        let (found, gaps) = declared(&world.loaded.inventory, &world.net);
        let _ = writeln!(notes, "declared: {} connections that the manifests name", found.len());
        for gap in gaps {
            let at = world.at(gap.object, &rampart_document::FieldPath::root());
            let _ = writeln!(notes, "  open: {}   {at}", gap.why);
        }
        for one in found {
            why.insert(all.len(), format!("{}   {}", one.why, world.at(one.object, &one.path)));
            all.push(one.flow);
        }
    }
    let answer = answer(&mut world, arguments, all, why)?;
    notes.push_str(&outcome(&answer));
    for output in &outputs {
        match output.format.as_str() {
            "json" => output.json(&value(&world, &answer))?,
            _ => output.write(&yaml(&world, &answer))?,
        }
    }
    if !question.net.read.quiet {
        write!(anstream::stderr(), "{notes}")?;
    }
    let code = if answer.broken.is_empty() { 0 } else { exit::FINDINGS };
    Ok(world.exit_code(code))
}

/// Writes the policies, then reads them back with the input and asks about every connection.
fn answer(
    world: &mut World,
    arguments: &GenerateArguments,
    flows: Vec<Flow>,
    why: BTreeMap<usize, String>,
) -> anyhow::Result<Answer> {
    let mut made = generate::generate(world.net(), &flows);
    let wanted = |name: &str| match arguments.namespace.as_slice() {
        [] => name != "kube-system",
        names => names.iter().any(|own| own == name),
    };
    let net = world.net();
    made.drafts.retain(|draft| wanted(net.symbols.text(net.namespaces[draft.namespace.0 as usize].name)));
    let form = match arguments.form.as_str() {
        "cilium" => Form::Cilium,
        "calico" => Form::Calico,
        _ => Form::NetworkPolicy,
    };
    let documents = policies(net, &made.drafts, form, !arguments.no_dns);
    let mut file = tempfile::Builder::new()
        .prefix("generated")
        .suffix(".yaml")
        .tempfile()
        .context("cannot write a temporary file")?;
    for document in &documents {
        write!(file, "---\n{}", to_yaml(&document.manifest))?;
    }
    let mut paths = arguments.question.paths.clone();
    paths.push(file.path().display().to_string());
    let mut after = World::again(&paths, &arguments.question.net, world.net().profile.clone())?;
    let broken = broken(&after.index, &flows);
    // What the model does not know has no rule and is told apart.
    let unknown: Vec<u32> =
        made.skipped.iter().filter(|(_, why)| *why == Skipped::UnknownEnd).map(|(at, _)| *at).collect();
    let broken = broken.into_iter().filter(|(flow, _)| !unknown.contains(flow)).collect();
    let diff = query::diff(&mut world.index, &mut after.index);
    let transport = PortSet::transport();
    let loses = |change: &&Change| !change.lost().intersect(&transport).is_empty();
    let closed = diff.changes.iter().filter(loses).map(|change| change.from.len() * change.to.len()).sum();
    Ok(Answer { flows, why, made, documents, broken, closed })
}

fn outcome(answer: &Answer) -> String {
    let mut out = String::new();
    let mut reasons: BTreeMap<Skipped, (usize, u32)> = BTreeMap::new();
    for (flow, why) in &answer.made.skipped {
        let slot = reasons.entry(*why).or_insert((0, *flow));
        slot.0 += 1;
    }
    for (why, (count, first)) in reasons {
        let text = match why {
            Skipped::Reply => continue,
            Skipped::Dropped => "were refused; what was refused is not opened",
            Skipped::OwnNode => "come from the pod's own node, which may always connect",
            Skipped::NotBound => "have no pod at either end that policies bind",
            Skipped::UnknownEnd => "name an end that the input does not have",
            Skipped::NoLabels => "have an end whose labels do not tell it from other pods",
        };
        let _ = writeln!(
            out,
            "no rule for {count} connections that {text}, e.g. {}",
            flows::words(&answer.flows[first as usize])
        );
    }
    let asked = answer.flows.iter().filter(|flow| !flow.reply && !flow.dropped).count();
    let _ = writeln!(out, "{} policies for {} workloads", answer.documents.len(), answer.made.drafts.len());
    if answer.broken.is_empty() {
        let _ = writeln!(
            out,
            "proved on the model: each of {asked} connections stays allowed; {} pairs of groups lose others",
            answer.closed
        );
    } else {
        let _ = writeln!(out, "{} of {asked} connections would not stay allowed:", answer.broken.len());
        for (flow, verdict) in answer.broken.iter().take(20) {
            let _ = writeln!(out, "  {verdict}: {}", flows::words(&answer.flows[*flow as usize]));
        }
    }
    out
}

/// The documents, each with the connections behind its rules.
fn yaml(world: &World, answer: &Answer) -> String {
    let mut out = String::new();
    for document in &answer.documents {
        out.push_str("---\n");
        match document.draft.and_then(|draft| answer.made.drafts.get(draft)) {
            None if document.manifest["metadata"]["name"] == "allow-dns" => {
                out.push_str("# Names are looked up over UDP, and over TCP when answers are long.\n");
            }
            None => out.push_str("# Nothing that the other policies do not allow.\n"),
            Some(draft) => comments(&mut out, world, answer, draft),
        }
        out.push_str(&to_yaml(&document.manifest));
    }
    out
}

fn comments(out: &mut String, world: &World, answer: &Answer, draft: &Draft) {
    for direction in Direction::BOTH {
        for rule in &draft.rules[direction as usize] {
            let word = if direction == Direction::Ingress { "from" } else { "to" };
            let seen = match declared_why(answer, rule) {
                Some(why) => why.to_owned(),
                None => format!("{} connections seen", rule.count),
            };
            let port = format!("{} {}", rule.port.0.name(), rule.port.1);
            let _ = writeln!(out, "# {word} {} {port}: {seen}", peer(world, &rule.peer));
        }
    }
}

fn declared_why<'a>(answer: &'a Answer, rule: &DraftRule) -> Option<&'a str> {
    rule.flows.iter().find_map(|flow| answer.why.get(&(*flow as usize))).map(String::as_str)
}

fn peer(world: &World, peer: &PeerForm) -> String {
    let text = |sym| world.net().symbols.text(sym);
    match peer {
        PeerForm::Address(address) => address.to_string(),
        PeerForm::Outside => "any address".to_owned(),
        PeerForm::Pods(namespace, labels) => {
            let labels: Vec<String> =
                labels.iter().map(|&(key, value)| format!("{}={}", text(key), text(value))).collect();
            let namespace = text(world.net().namespaces[namespace.0 as usize].name);
            format!("{namespace} {}", labels.join(","))
        }
    }
}

fn value(world: &World, answer: &Answer) -> Value {
    let documents: Vec<&Value> = answer.documents.iter().map(|document| &document.manifest).collect();
    let broken: Vec<Value> = answer
        .broken
        .iter()
        .map(|(flow, verdict)| json!({"flow": flows::words(&answer.flows[*flow as usize]), "verdict": verdict.to_string()}))
        .collect();
    let skipped: Vec<Value> = answer
        .made
        .skipped
        .iter()
        .map(|(flow, why)| json!({"flow": flows::words(&answer.flows[*flow as usize]), "reason": format!("{why:?}")}))
        .collect();
    json!({"cni": world.plugin, "policies": documents, "connections": answer.flows.len(), "broken": broken, "noRule": skipped, "pairsClosed": answer.closed})
}
