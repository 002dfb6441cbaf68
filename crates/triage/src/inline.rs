//! What manifests themselves say: comments and annotations.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem::Finder;
use rampart_document::{Diagnostic, FieldPath, Source, Span, Tree};
use rampart_model::{Carriers, Inventory, Link, Object, ObjectId, Origin, Problem, Unit};
use rampart_report::{Exception, ExceptionKind, Finding, Place, locate, place};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::RuleNames;
use crate::annotations::{self, KEY};
use crate::comments::{Comments, MARKER};
use crate::directive::Directive;

/// One comment or annotation that works.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) rules: Vec<String>,
    pub(crate) exception: Exception,
    /// A warning at its place, still without words.
    place: Problem,
}

impl Said {
    /// A warning that it accepts nothing.
    pub(crate) fn unused(&self) -> Problem {
        let what = self.exception.kind.as_str();
        let message =
            format!("this ignore {what} accepts nothing: {} finds nothing here", self.rules.join(", "));
        let help = "remove it, or move it to the line that the finding names";
        Problem { message, ..self.place.clone() }.help(help)
    }
}

/// An annotation's directive, and the part of the object that it speaks of.
#[derive(Debug)]
struct Below {
    said: usize,
    path: FieldPath,
}

/// All that manifests say about their own findings.
#[derive(Debug, Default)]
pub(crate) struct Inline {
    pub(crate) said: Vec<Said>,
    pub(crate) problems: Vec<Problem>,
    /// Texts with comments, by name, with the directive of each comment.
    texts: BTreeMap<String, (Comments, Vec<Option<usize>>)>,
    annotated: FxHashMap<ObjectId, Vec<Below>>,
    /// True when there is anything.
    marked: bool,
    /// Names of texts that were looked at.
    seen: BTreeSet<String>,
}

impl Inline {
    /// Finds comments and annotations; texts without the words for them are only searched, on all cores.
    pub(crate) fn collect(inventory: &Inventory, rules: &RuleNames, carriers: &Carriers) -> Self {
        let mut inline = Self::default();
        let (comment, annotation) = (Finder::new(MARKER), Finder::new(KEY));
        let has = |finder: &Finder<'_>, source: &Source| finder.find(source.text().as_bytes()).is_some();
        let marks: Vec<(bool, bool)> = inventory
            .units()
            .par_iter()
            .map(|unit| {
                let own = unit.tree.source();
                let origins = trees_behind(unit).into_iter().any(|tree| has(&comment, tree.source()));
                (has(&comment, own) || origins, has(&annotation, own))
            })
            .collect();
        if !marks.iter().any(|&(comments, annotations)| comments || annotations) {
            return inline;
        }
        inline.marked = true;
        for (unit, _) in inventory.units().iter().zip(&marks).filter(|(_, marks)| marks.0) {
            let rendered = matches!(unit.origin, Origin::Rendered { .. }).then_some(unit);
            inline.text(&unit.tree, rendered, rules);
            for tree in trees_behind(unit) {
                inline.text(tree, None, rules);
            }
        }
        if marks.iter().any(|marks| marks.1) {
            for object in inventory.objects() {
                inline.annotations(object, rules, carriers);
            }
        }
        inline
    }

    /// `rendered`: the unit, when the text is a renderer's output.
    fn text(&mut self, tree: &Tree, rendered: Option<&Unit>, rules: &RuleNames) {
        let name = tree.source().name();
        if !self.seen.insert(name.to_owned()) {
            return;
        }
        let Some(comments) = Comments::of(tree) else { return };
        let source = comments.source.clone();
        let mut meanings = Vec::new();
        for comment in &comments.all {
            let template = rendered.and_then(|unit| unit.template(comment.span.start));
            let at = At {
                source: &source,
                span: comment.span,
                rendered: rendered.is_some(),
                line: rendered.is_none().then(|| source.position(comment.span.start).line),
                file: template.map_or(source.name(), |template| template.source.name()),
            };
            meanings.push(self.directive(&comment.text, ExceptionKind::Comment, &at, rules));
        }
        self.texts.insert(name.to_owned(), (comments, meanings));
    }

    fn annotations(&mut self, object: Object<'_>, rules: &RuleNames, carriers: &Carriers) {
        for annotation in annotations::of(object, carriers) {
            let span = locate(object.node(), &annotation.path).span;
            let Place { file, start, rendered, .. } = place(object, &annotation.path);
            let at = At { source: object.source(), span, rendered, line: start.map(|(line, _)| line), file };
            for line in annotation.value.lines().filter(|line| !line.trim().is_empty()) {
                if let Some(said) = self.directive(line.trim(), ExceptionKind::Annotation, &at, rules) {
                    let path = annotation.below.clone();
                    self.annotated.entry(object.id()).or_default().push(Below { said, path });
                }
            }
        }
    }

    /// Keeps a directive that works, and what is wrong with it.
    fn directive(
        &mut self,
        text: &str,
        kind: ExceptionKind,
        at: &At<'_>,
        rules: &RuleNames,
    ) -> Option<usize> {
        let (directive, wrong) = Directive::parse(text, rules);
        let form = match kind {
            ExceptionKind::Comment => "write `# rampart:ignore RULE -- REASON`",
            _ => "write `RULE -- REASON`",
        };
        self.problems
            .extend(wrong.into_iter().map(|message| at.told("ignore-without-effect", message).help(form)));
        let Directive { rules, reason } = directive?;
        let exception =
            Exception { kind, reason, owner: None, expires: None, file: at.file.to_owned(), line: at.line };
        let place = at.told("unused-ignore", String::new());
        self.said.push(Said { rules, exception, place });
        Some(self.said.len() - 1)
    }

    /// What is said about a finding: annotations, then comments.
    pub(crate) fn about(&self, object: Object<'_>, finding: &Finding) -> Vec<usize> {
        if !self.marked {
            return Vec::new();
        }
        let mut about = Vec::new();
        let annotations = self.annotated.get(&object.id()).into_iter().flatten();
        let path = if annotations.clone().next().is_some() || !self.texts.is_empty() {
            finding.path()
        } else {
            return about;
        };
        about.extend(annotations.filter(|below| is_below(&path, &below.path)).map(|below| below.said));
        if !self.texts.is_empty() {
            self.comments_about(object, &path, &mut about);
        }
        about.retain(|&said| self.said[said].rules.iter().any(|rule| rule == finding.detail.rule));
        about
    }

    fn comments_about(&self, object: Object<'_>, path: &FieldPath, about: &mut Vec<usize>) {
        let mut add = |name: &str, line: u32, only_above: bool| {
            let Some((comments, meanings)) = self.texts.get(name) else { return };
            let of_line: Vec<usize> =
                if only_above { comments.above(line).collect() } else { comments.on(line).collect() };
            about.extend(of_line.into_iter().filter_map(|index| meanings[index]));
        };
        let source = object.source();
        let line = |span: Span| source.position(span.start).line;
        add(source.name(), line(locate(object.node(), path).span), false);
        add(source.name(), line(object.node().span()), true);
        if matches!(object.origin(), Origin::Rendered { .. }) {
            // A kustomization's output has no comments; the files it was made from have.
            let at = place(object, path);
            if let Some((line, _)) = at.start {
                add(at.file, line, false);
            }
            for root in roots_behind(object) {
                let source = root.tree().source();
                add(source.name(), source.position(root.span().start).line, true);
            }
        }
    }
}

/// Where a directive stands.
struct At<'a> {
    source: &'a Source,
    span: Span,
    rendered: bool,
    file: &'a str,
    line: Option<u32>,
}

impl At<'_> {
    /// A warning here; a rendered text has no file whose lines could be shown.
    fn told(&self, code: &'static str, message: String) -> Problem {
        if self.rendered {
            Problem::path(code, self.file, message).warning()
        } else {
            Problem::text(self.source, Diagnostic::warning(code, self.span, message))
        }
    }
}

/// The parsed files that a unit's objects were rendered from, each once.
fn trees_behind(unit: &Unit) -> Vec<&Tree> {
    let mut seen = BTreeSet::new();
    let trees = unit.templates.iter().flat_map(|template| nodes(&template.link)).map(|node| node.tree());
    trees.filter(|tree| seen.insert(std::ptr::from_ref(*tree))).collect()
}

/// The mappings that an object was rendered from.
fn roots_behind(object: Object<'_>) -> impl Iterator<Item = rampart_document::Node<'_>> {
    let template = object.unit().template(object.node().span().start);
    template.into_iter().flat_map(|template| nodes(&template.link))
}

fn nodes(link: &Link) -> impl Iterator<Item = rampart_document::Node<'_>> {
    let nodes = match link {
        Link::Nodes(nodes) => &nodes[..],
        Link::Lines => &[],
    };
    nodes.iter().filter_map(rampart_model::SourceNode::node)
}

fn is_below(path: &FieldPath, root: &FieldPath) -> bool {
    let rest = path.as_str().strip_prefix(root.as_str());
    rest.is_some_and(|rest| root.is_root() || rest.is_empty() || rest.starts_with(['.', '[']))
}
