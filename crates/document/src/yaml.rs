//! YAML events to the tree.

use std::borrow::Cow;

use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle, options};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::tree::{ANCHORED, BORROWED, HAS_MERGE, NodeData};
use crate::{Diagnostic, Kind, Limits, Parsed, Source, Span, Style, Tree, scalar};

/// Reads a stream of YAML documents. Documents are split at `---` lines first, as the API machinery does, so a broken
/// document never costs its neighbours. Total: every problem becomes a diagnostic.
pub fn parse_yaml(source: &Source, limits: &Limits) -> Parsed {
    let mut diagnostics = Vec::new();
    let mut tree = Tree::new(source.clone());
    for span in split_documents(source.text()) {
        if let Err(diagnostic) = read_document(&mut tree, span, limits) {
            diagnostics.push(*diagnostic);
        }
    }
    tree.nodes.shrink_to_fit();
    Parsed { tree, diagnostics }
}

/// The byte ranges of the documents of a stream; each starts at its `---` line (or at the text's start).
fn split_documents(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut spans = Vec::new();
    let mut start = 0;
    let mut line = 0;
    while line < bytes.len() {
        let rest = &bytes[line..];
        let marks =
            rest.starts_with(b"---") && matches!(rest.get(3), None | Some(b' ' | b'\t' | b'\r' | b'\n'));
        if marks && line > start {
            spans.push(Span::new(start, line));
            start = line;
        }
        line += rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |at| at + 1);
    }
    spans.push(Span::new(start, bytes.len()));
    spans
}

type Failure = Box<Diagnostic>;

fn read_document(tree: &mut Tree, span: Span, limits: &Limits) -> Result<(), Failure> {
    if span.range().len() > limits.document_bytes {
        let size = limits.document_bytes >> 20;
        let problem = format!("this document is larger than {size} MiB and was not read");
        return Err(Box::new(Diagnostic::error(
            "too-large",
            Span::new(span.start as usize, span.start as usize),
            problem,
        )));
    }
    let (nodes, strings) = (tree.nodes.len(), tree.strings.len());
    let source = tree.source.clone();
    let text = source.slice(span);
    let mut builder = Builder {
        tree,
        text,
        base: span.start as usize,
        limits,
        open: Vec::new(),
        anchors: FxHashMap::default(),
        roots: Vec::new(),
    };
    match builder.run() {
        Ok(()) => {
            let roots = std::mem::take(&mut builder.roots);
            let kept = roots
                .into_iter()
                .filter(|&root| tree.nodes[root as usize].kind != Kind::Null)
                .collect::<Vec<_>>();
            tree.documents.extend(kept.into_iter().map(|root| (root, span)));
            Ok(())
        }
        Err(failure) => {
            tree.nodes.truncate(nodes);
            tree.strings.truncate(strings);
            Err(failure)
        }
    }
}

struct Builder<'a> {
    tree: &'a mut Tree,
    text: &'a str,
    base: usize,
    limits: &'a Limits,
    open: Vec<Open<'a>>,
    anchors: FxHashMap<usize, Anchor>,
    roots: Vec<u32>,
}

struct Open<'a> {
    node: u32,
    anchor: usize,
    /// Nodes below, aliases written out.
    expanded: u64,
    /// Mapping only: the next child is a key.
    expects_key: bool,
    keys: Vec<(Cow<'a, str>, Span)>,
    lookup: FxHashSet<Cow<'a, str>>,
}

/// Mappings larger than this find duplicate keys through a hash set.
const LINEAR_KEYS: usize = 16;

struct Anchor {
    node: u32,
    /// `None` while the anchored container is still open.
    expanded: Option<u64>,
}

impl<'a> Builder<'a> {
    fn run(&mut self) -> Result<(), Failure> {
        let options: Options = options! { emit_comments: false };
        let text: &'a str = self.text;
        for next in Parser::new_from_str_with_options(text, options) {
            let (event, span) = next.map_err(|error| self.syntax(&error))?;
            let range = span.byte_range().unwrap_or(0..0);
            let span = Span::new(self.base + range.start, self.base + range.end);
            match event {
                Event::Scalar(text, style, anchor, tag) => {
                    let tag = tag.as_deref().and_then(|tag| tag.core_suffix());
                    self.scalar(text, style, anchor, tag, span)?;
                }
                Event::SequenceStart(style, anchor, _) => self.start(Kind::Seq, style, anchor, span)?,
                Event::MappingStart(style, anchor, _) => self.start(Kind::Map, style, anchor, span)?,
                Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
                Event::Alias(anchor) => self.alias(anchor, span)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn syntax(&self, error: &granit_parser::ScanError) -> Failure {
        let at = self.base + error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        Box::new(Diagnostic::error(
            "yaml-syntax",
            Span::new(at, at),
            format!("this is not valid YAML: {}", error.kind()),
        ))
    }

    fn push(&mut self, data: NodeData, expanded: u64) -> Result<u32, Failure> {
        let id = self.tree.nodes.len() as u32;
        match self.open.last_mut() {
            None => self.roots.push(id),
            Some(parent) => {
                parent.expanded = parent.expanded.saturating_add(expanded);
                if parent.expanded > self.limits.expanded_nodes {
                    let span = Span { start: data.start, end: data.end };
                    let problem = "aliases make this document too large once written out; it was not read";
                    return Err(Box::new(Diagnostic::error("alias-expansion", span, problem)));
                }
                let container = &mut self.tree.nodes[parent.node as usize];
                if container.kind == Kind::Seq {
                    container.aux += 1;
                } else {
                    container.aux += u32::from(parent.expects_key);
                    parent.expects_key = !parent.expects_key;
                }
            }
        }
        self.tree.nodes.push(data);
        Ok(id)
    }

    fn expects_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.expects_key)
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&str>,
        span: Span,
    ) -> Result<(), Failure> {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            _ => Style::BlockScalar,
        };
        let kind = match tag {
            Some("str") => Kind::Str,
            Some("int" | "float" | "bool" | "null") => scalar::plain_kind(&text),
            _ if style == Style::Plain => scalar::plain_kind(&text),
            _ => Kind::Str,
        };
        if self.expects_key() {
            self.key(text.clone(), style, span)?;
        }
        let quotes = usize::from(matches!(style, Style::SingleQuoted | Style::DoubleQuoted));
        let range = span.range();
        let inner = (range.start + quotes).min(range.end)..range.end.saturating_sub(quotes).max(range.start);
        let aux = if self.tree.source.text().get(inner) == Some(&*text) {
            BORROWED
        } else {
            self.tree.strings.push(text.into());
            self.tree.strings.len() as u32 - 1
        };
        let next = self.tree.nodes.len() as u32 + 1;
        let flags = if anchor == 0 { 0 } else { ANCHORED };
        let id =
            self.push(NodeData { start: span.start, end: span.end, next, aux, kind, style, flags }, 1)?;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor { node: id, expanded: Some(1) });
        }
        Ok(())
    }

    fn key(&mut self, text: Cow<'a, str>, style: Style, span: Span) -> Result<(), Failure> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let known = if open.keys.len() < LINEAR_KEYS {
            open.keys.iter().any(|(key, _)| *key == text)
        } else {
            if open.lookup.is_empty() {
                open.lookup.extend(open.keys.iter().map(|(key, _)| key.clone()));
            }
            !open.lookup.insert(text.clone())
        };
        if known {
            let first = open.keys.iter().find(|(key, _)| *key == text).map_or(span, |&(_, span)| span);
            let problem = format!("duplicate key `{text}`: the API server would reject this document");
            let diagnostic = Diagnostic::error("duplicate-key", span, problem)
                .related(first, "first given here")
                .help("keep one of the two");
            return Err(Box::new(diagnostic));
        }
        if style == Style::Plain && text == "<<" {
            self.tree.nodes[open.node as usize].flags |= HAS_MERGE;
        }
        open.keys.push((text, span));
        Ok(())
    }

    fn start(&mut self, kind: Kind, style: StructureStyle, anchor: usize, span: Span) -> Result<(), Failure> {
        if self.expects_key() {
            let problem = "a mapping key must be a plain value here, not a list or a mapping";
            return Err(Box::new(Diagnostic::error("complex-key", span, problem)));
        }
        if self.open.len() >= self.limits.depth {
            let problem =
                format!("nested deeper than {} levels; this document was not read", self.limits.depth);
            return Err(Box::new(Diagnostic::error("too-deep", span, problem)));
        }
        let style = if style == StructureStyle::Flow { Style::Flow } else { Style::Block };
        let flags = if anchor == 0 { 0 } else { ANCHORED };
        let node =
            self.push(NodeData { start: span.start, end: span.end, next: 0, aux: 0, kind, style, flags }, 1)?;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor { node, expanded: None });
        }
        let expects_key = kind == Kind::Map;
        self.open.push(Open {
            node,
            anchor,
            expanded: 1,
            expects_key,
            keys: Vec::new(),
            lookup: FxHashSet::default(),
        });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Failure> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let next = self.tree.nodes.len() as u32;
        let last_end = self.tree.nodes.last().map_or(span.end, |node| node.end);
        let node = &mut self.tree.nodes[open.node as usize];
        node.next = next;
        node.end = if node.style == Style::Flow { span.end } else { last_end.max(node.start) };
        if open.anchor != 0 {
            self.anchors.insert(open.anchor, Anchor { node: open.node, expanded: Some(open.expanded) });
        }
        if let Some(parent) = self.open.last_mut() {
            // The container itself was counted when it was opened.
            parent.expanded = parent.expanded.saturating_add(open.expanded - 1);
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Failure> {
        let Some(&Anchor { node, expanded }) = self.anchors.get(&anchor) else {
            return Err(Box::new(Diagnostic::error(
                "unknown-anchor",
                span,
                "this alias has no anchor before it",
            )));
        };
        let Some(expanded) = expanded else {
            let problem = "this alias stands inside its own anchor, so it would never end";
            return Err(Box::new(Diagnostic::error("cyclic-alias", span, problem)));
        };
        let target = self.tree.nodes[node as usize];
        if self.expects_key() {
            if matches!(target.kind, Kind::Seq | Kind::Map) {
                let problem = "a mapping key must be a plain value here, not a list or a mapping";
                return Err(Box::new(Diagnostic::error("complex-key", span, problem)));
            }
            let text = crate::Node::resolve(self.tree, node).scalar_text().unwrap_or_default().to_owned();
            self.key(Cow::Owned(text), Style::Alias, span)?;
        }
        let next = self.tree.nodes.len() as u32 + 1;
        let data =
            NodeData { start: span.start, end: span.end, next, aux: node, style: Style::Alias, ..target };
        self.push(data, expanded)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Parsed {
        parse_yaml(&Source::new("test.yaml", text), &Limits::default())
    }

    #[test]
    fn reads_documents_with_spans() {
        let parsed = parse("# top\na:\n  b: [1, \"x\\ty\", yes]\n---\n# empty\n---\nc: &x {d: ~}\ne: *x\n");
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        let roots: Vec<_> = parsed.tree.documents().collect();
        assert_eq!(roots.len(), 2);
        let list = roots[0].get("a").unwrap().get("b").unwrap();
        assert_eq!(parsed.tree.source().slice(list.span()), "[1, \"x\\ty\", yes]");
        let items: Vec<_> = list.items().collect();
        assert_eq!(
            (items[0].as_i64(), items[1].as_str(), items[2].as_bool()),
            (Some(1), Some("x\ty"), Some(true))
        );
        assert!(roots[1].get("e").unwrap().get("d").unwrap().is_null());
        assert!(roots[1].field("e").unwrap().field("d").is_none());
        assert_eq!(roots[1].to_json().to_string(), r#"{"c":{"d":null},"e":{"d":null}}"#);
    }

    #[test]
    fn merge_keys_give_way_to_own_keys() {
        let parsed = parse("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n");
        let used = parsed.tree.documents().next().unwrap().get("use").unwrap();
        assert_eq!(used.get("x").unwrap().as_i64(), Some(1));
        assert_eq!(used.get("y").unwrap().as_i64(), Some(3));
        let keys: Vec<_> = used.entries().map(|(key, ..)| key).collect();
        assert_eq!(keys, ["y", "x"]);
    }

    #[test]
    fn bad_documents_cost_themselves_only() {
        let cases = [
            ("a: 1\na: 2\n", "duplicate-key"),
            ("a: &x [*x]\n", "cyclic-alias"),
            ("a: *nope\n", "yaml-syntax"),
            ("{[1]: 2}\n", "complex-key"),
            ("a: [1\n", "yaml-syntax"),
        ];
        for (text, code) in cases {
            let parsed = parse(&format!("ok: 1\n---\n{text}---\nok: 2\n"));
            assert_eq!(parsed.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [code], "{text:?}");
            assert_eq!(parsed.tree.documents().count(), 2, "{text:?}");
        }
    }

    #[test]
    fn limits_hold() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert_eq!(parse(&deep).diagnostics[0].code, "too-deep");
        let mut laughs = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let before = level - 1;
            let row = vec![format!("*a{before}"); 10].join(",");
            laughs.push_str(&format!("a{level}: &a{level} [{row}]\n"));
        }
        assert_eq!(parse(&laughs).diagnostics[0].code, "alias-expansion");
    }

    #[test]
    fn mismatches_are_seen() {
        let parsed = parse("a: \"true\"\nb: true\n");
        let root = parsed.tree.documents().next().unwrap();
        let (value, wrong) = crate::mismatches::watch(|| root.get("a").unwrap().as_bool());
        assert_eq!((value, wrong), (None, true));
        let (value, wrong) = crate::mismatches::watch(|| root.get("b").unwrap().as_bool());
        assert_eq!((value, wrong), (Some(true), false));
    }
}
