//! YAML streams to the tree.

mod fast;
mod library;
mod split;

use crate::build::{Builder, Failure, failure};
use crate::{Diagnostic, Format, Kind, Limits, Parsed, Source, Span, Tree};

pub use split::document_ranges;

/// Advice for a document that does not parse and holds `{{`.
const TEMPLATE_HELP: &str = "this looks like a template: render it first and read the result";

/// Reads a stream of YAML documents. Documents are split at `---` lines first, as the API machinery does, so a broken
/// document never costs its neighbours. Total: every problem becomes a diagnostic.
pub fn parse_yaml(source: &Source, limits: &Limits) -> Parsed {
    parse_yaml_ranges(source, &document_ranges(source.text()), limits)
}

/// Reads some of the documents of a stream, each given as one of its [`document_ranges`]: a caller with several cores
/// can share the documents of one large file out.
pub fn parse_yaml_ranges(source: &Source, ranges: &[Span], limits: &Limits) -> Parsed {
    let mut diagnostics = Vec::new();
    let mut tree = Tree::new(source.clone(), Format::Yaml);
    let bytes: usize = ranges.iter().map(|span| span.range().len()).sum();
    // Manifests have about one node in 13 bytes.
    tree.nodes.reserve(bytes / 12);
    for &span in ranges {
        if let Err(mut diagnostic) = read_document(&mut tree, source, span, limits, &mut diagnostics) {
            if source.slice(span).contains("{{") {
                diagnostic.help = Some(TEMPLATE_HELP.to_owned());
            }
            diagnostics.push(*diagnostic);
        }
    }
    tree.nodes.shrink_to_fit();
    Parsed { tree, diagnostics }
}

fn read_document(
    tree: &mut Tree,
    source: &Source,
    span: Span,
    limits: &Limits,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(), Failure> {
    if span.range().len() > limits.document_bytes {
        let size = limits.document_bytes >> 20;
        let problem = format!("this document is larger than {size} MiB and was not read");
        return Err(failure("too-large", Span { start: span.start, end: span.start }, problem));
    }
    let text = source.slice(span);
    if let Some(diagnostic) = split::separator_problem(text, span.start) {
        if diagnostic.level == crate::Level::Error {
            return Err(Box::new(diagnostic));
        }
        diagnostics.push(diagnostic);
    }
    if split::only_directives(text) {
        let at = span.start as usize + text.find('%').unwrap_or_default();
        let problem = "kubectl refuses YAML directives; the document after this one is read without them";
        diagnostics.push(
            Diagnostic::warning("yaml-directive", Span::new(at, at + 1), problem).help("remove the `%` line"),
        );
        return Ok(());
    }
    let (nodes, strings) = (tree.nodes.len(), tree.strings.len());
    let mut builder = Builder::new(tree, limits, true);
    let fast = fast::read(&mut builder, text, span.start).is_ok();
    let mut root = builder.root;
    if !fast {
        tree.nodes.truncate(nodes);
        tree.strings.truncate(strings);
        let mut builder = Builder::new(tree, limits, true);
        let outcome = library::read(&mut builder, text, span.start, diagnostics);
        root = builder.root;
        if outcome.is_err() {
            tree.nodes.truncate(nodes);
            tree.strings.truncate(strings);
        }
        outcome?;
    }
    if let Some(root) = root.filter(|&root| tree.nodes[root as usize].kind != Kind::Null) {
        tree.documents.push((root, span));
    }
    Ok(())
}

/// For the tests that hold the fast path against the library: both trees of one document, written out, if the fast
/// path takes it.
#[doc(hidden)]
pub fn both_ways(text: &str) -> Option<(String, String)> {
    let source = Source::new("", text);
    let limits = Limits::default();
    let mut tree = Tree::new(source.clone(), Format::Yaml);
    let mut builder = Builder::new(&mut tree, &limits, true);
    fast::read(&mut builder, source.text(), 0).ok()?;
    let show = |tree: &Tree, root: Option<u32>| format!("{root:?} {:?} {:?}", tree.nodes, tree.strings);
    let root = builder.root;
    let fast = show(&tree, root);
    let mut tree = Tree::new(source.clone(), Format::Yaml);
    let mut builder = Builder::new(&mut tree, &limits, true);
    let mut diagnostics = Vec::new();
    let outcome = library::read(&mut builder, source.text(), 0, &mut diagnostics);
    let root = builder.root;
    let library = match outcome {
        Ok(()) if diagnostics.is_empty() => show(&tree, root),
        outcome => format!("{outcome:?} {diagnostics:?}"),
    };
    Some((fast, library))
}

#[cfg(test)]
mod tests;
