//! JSON to the tree, through the `jiter` scanner: it tells byte positions, checks escapes and surrogates, and reads
//! only what is asked for.

use std::borrow::Cow;

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use crate::build::{Builder, Failure, Scalar, failure};
use crate::{Diagnostic, Format, Kind, Limits, Parsed, Source, Span, Style, Tree, scalar};

/// Reads one JSON value, or several in a row as kubectl takes them (`{}{}` or one a line). A broken value ends the
/// reading, because nothing tells where the next one starts; [`parse_json_lines`] knows.
pub fn parse_json(source: &Source, limits: &Limits) -> Parsed {
    let mut parsed = Parsed { tree: Tree::new(source.clone(), Format::Json), diagnostics: Vec::new() };
    read_values(&mut parsed, source, Span::new(0, source.text().len()), limits);
    parsed.tree.nodes.shrink_to_fit();
    parsed
}

/// Reads JSON lines: values of one line each. A broken line costs that line.
pub fn parse_json_lines(source: &Source, limits: &Limits) -> Parsed {
    let mut parsed = Parsed { tree: Tree::new(source.clone(), Format::Json), diagnostics: Vec::new() };
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', source.text().as_bytes()).chain([source.text().len()]) {
        read_values(&mut parsed, source, Span::new(start, end), limits);
        start = end + 1;
    }
    parsed.tree.nodes.shrink_to_fit();
    parsed
}

fn read_values(parsed: &mut Parsed, source: &Source, span: Span, limits: &Limits) {
    let text = source.slice(span);
    let mut at = 0;
    while let Some(skip) = text[at..].find(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')) {
        at += skip;
        let (nodes, strings) = (parsed.tree.nodes.len(), parsed.tree.strings.len());
        let base = span.start + at as u32;
        let mut builder = Builder::new(&mut parsed.tree, limits, false);
        let mut reader = Reader { jiter: Jiter::new(&text.as_bytes()[at..]), text: &text[at..], base };
        let outcome = reader.value(&mut builder);
        let (root, end) = (builder.root, at + reader.jiter.current_index());
        let too_large = end - at > limits.document_bytes;
        match outcome {
            Ok(()) if too_large => {
                let size = limits.document_bytes >> 20;
                let problem = format!("this document is larger than {size} MiB and was not read");
                parsed.diagnostics.push(Diagnostic::error(
                    "too-large",
                    Span { start: base, end: base },
                    problem,
                ));
            }
            Ok(()) => {
                let document = Span { start: base, end: span.start + end as u32 };
                let root = root.filter(|&root| parsed.tree.nodes[root as usize].kind != Kind::Null);
                parsed.tree.documents.extend(root.map(|root| (root, document)));
                at = end;
                if runs_on(text, end) {
                    let after = Span { start: span.start + end as u32, end: span.start + end as u32 };
                    parsed.diagnostics.push(Diagnostic::error(
                        "json-syntax",
                        after,
                        "text follows the value",
                    ));
                    return;
                }
                continue;
            }
            Err(diagnostic) => parsed.diagnostics.push(*diagnostic),
        }
        parsed.tree.nodes.truncate(nodes);
        parsed.tree.strings.truncate(strings);
        if !too_large {
            return;
        }
        at = end;
    }
}

/// True when the value that ends at `end` is not told apart from what follows: `1null`.
fn runs_on(text: &str, end: usize) -> bool {
    let bytes = text.as_bytes();
    let word = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    };
    end > 0 && word(bytes.get(end - 1)) && word(bytes.get(end))
}

struct Reader<'text> {
    jiter: Jiter<'text>,
    text: &'text str,
    base: u32,
}

/// What the reader does next.
enum Step {
    /// Read the value that starts with this byte.
    Value(Peek),
    /// Look for the next element or key of the innermost container.
    Next,
}

impl<'text> Reader<'text> {
    /// Reads one value. A loop with its own stack, so that depth costs no native stack.
    fn value(&mut self, builder: &mut Builder<'_, 'text>) -> Result<(), Failure> {
        let mut open: Vec<Kind> = Vec::new();
        let mut step = Step::Value(self.jiter.peek().map_err(|error| self.syntax(&error))?);
        loop {
            step = match step {
                Step::Value(peek) if peek == Peek::Array => {
                    builder.start(Kind::Seq, Style::Flow, 0, false, self.here())?;
                    open.push(Kind::Seq);
                    let first = self.jiter.known_array();
                    self.element(builder, &mut open, first)?
                }
                Step::Value(peek) if peek == Peek::Object => {
                    builder.start(Kind::Map, Style::Flow, 0, false, self.here())?;
                    open.push(Kind::Map);
                    let first = self.jiter.next_object_bytes().map(|key| key.map(<[u8]>::as_ptr_range));
                    self.key(builder, &mut open, first)?
                }
                Step::Value(peek) => {
                    self.leaf(builder, peek)?;
                    Step::Next
                }
                Step::Next => match open.last() {
                    None => return Ok(()),
                    Some(Kind::Seq) => {
                        let next = self.jiter.array_step();
                        self.element(builder, &mut open, next)?
                    }
                    Some(_) => {
                        let next = self.jiter.next_key_bytes().map(|key| key.map(<[u8]>::as_ptr_range));
                        self.key(builder, &mut open, next)?
                    }
                },
            };
        }
    }

    fn here(&self) -> Span {
        let at = self.base + self.jiter.current_index() as u32;
        Span { start: at, end: at }
    }

    fn element(
        &mut self,
        builder: &mut Builder<'_, 'text>,
        open: &mut Vec<Kind>,
        next: Result<Option<Peek>, JiterError>,
    ) -> Result<Step, Failure> {
        match next.map_err(|error| self.syntax(&error))? {
            Some(peek) => Ok(Step::Value(peek)),
            None => Ok(self.close(builder, open)),
        }
    }

    fn close(&mut self, builder: &mut Builder<'_, 'text>, open: &mut Vec<Kind>) -> Step {
        open.pop();
        builder.end(self.here().end);
        Step::Next
    }

    fn key(
        &mut self,
        builder: &mut Builder<'_, 'text>,
        open: &mut Vec<Kind>,
        next: Result<Option<std::ops::Range<*const u8>>, JiterError>,
    ) -> Result<Step, Failure> {
        let Some(raw) = next.map_err(|error| self.syntax(&error))? else {
            return Ok(self.close(builder, open));
        };
        // The scanner hands out a part of its input, so the addresses tell where the key stands.
        let origin = self.text.as_ptr() as usize;
        self.string(builder, raw.start as usize - origin, raw.end as usize - origin)?;
        self.jiter.peek().map(Step::Value).map_err(|error| self.syntax(&error))
    }

    /// A string between two quotes, `start..end` being what stands inside.
    fn string(&self, builder: &mut Builder<'_, 'text>, start: usize, end: usize) -> Result<(), Failure> {
        let raw = &self.text[start..end];
        let text = if raw.contains('\\') {
            let mut inner = Jiter::new(&self.text.as_bytes()[start - 1..=end]);
            let text = inner.next_str().map_err(|error| self.at(&error, start - 1))?;
            Cow::Owned(text.to_owned())
        } else {
            Cow::Borrowed(raw)
        };
        let span = Span { start: self.base + start as u32 - 1, end: self.base + end as u32 + 1 };
        builder.scalar(Scalar {
            text,
            kind: Kind::Str,
            style: Style::DoubleQuoted,
            anchor: 0,
            tagged: false,
            span,
        })
    }

    fn leaf(&mut self, builder: &mut Builder<'_, 'text>, peek: Peek) -> Result<(), Failure> {
        let start = self.jiter.current_index();
        if peek == Peek::String {
            let length = self.jiter.known_bytes().map(<[u8]>::len).map_err(|error| self.syntax(&error))?;
            return self.string(builder, start + 1, start + 1 + length);
        }
        let kind = match peek {
            Peek::Null => self.jiter.known_null().map(|()| Kind::Null),
            Peek::True | Peek::False => self.jiter.known_bool(peek).map(|_| Kind::Bool),
            _ => self.jiter.known_number_bytes(peek).map(|_| Kind::Float),
        };
        let mut kind = kind.map_err(|error| self.syntax(&error))?;
        let text = &self.text[start..self.jiter.current_index()];
        let span = Span { start: self.base + start as u32, end: self.here().end };
        if kind == Kind::Float {
            kind = scalar::json_number_kind(text)
                .ok_or_else(|| failure("number-range", span, format!("the number `{text}` is too large")))?;
        }
        let text = Cow::Borrowed(text);
        builder.scalar(Scalar { text, kind, style: Style::Plain, anchor: 0, tagged: false, span })
    }

    fn syntax(&self, error: &JiterError) -> Failure {
        self.at(error, 0)
    }

    fn at(&self, error: &JiterError, offset: usize) -> Failure {
        let mut at = (offset + error.index).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let at = self.base as usize + at;
        let (problem, help) = explain(&error.error_type);
        let diagnostic = Diagnostic::error("json-syntax", Span::new(at, at), problem);
        Box::new(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        })
    }
}

fn explain(error: &JiterErrorType) -> (String, Option<&'static str>) {
    use JsonErrorType as E;
    let JiterErrorType::JsonError(error) = error else {
        return ("this is not valid JSON: a value was expected here".into(), None);
    };
    let (problem, help) = match error {
        E::EofWhileParsingList => ("the text ends inside a list", "close it with `]`"),
        E::EofWhileParsingObject => ("the text ends inside an object", "close it with `}`"),
        E::EofWhileParsingString => ("the text ends inside a string", "add the closing quote"),
        E::EofWhileParsingValue => ("the text ends where a value was expected", "add the value"),
        E::TrailingComma => ("JSON takes no comma after the last element", "remove the comma"),
        E::KeyMustBeAString => ("a key of an object must be a quoted string", "write it in double quotes"),
        E::ControlCharacterWhileParsingString => {
            ("a line break or control character stands inside a string", "write it as an escape, e.g. `\\n`")
        }
        E::LoneLeadingSurrogateInHexEscape | E::UnexpectedEndOfHexEscape => {
            ("this escape is half of a surrogate pair", "write both halves, or the character itself")
        }
        E::ExpectedSomeValue | E::ExpectedSomeIdent => {
            ("a value was expected here", "strings need double quotes")
        }
        other => return (format!("this is not valid JSON: {other}"), None),
    };
    (problem.into(), Some(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Parsed {
        parse_json(&Source::new("test.json", text), &Limits::default())
    }

    #[test]
    fn spans_are_exact_for_keys_and_values() {
        let text = " { \"a\" : [1, -2.50 , \"x\\ny\"], \"\\u00e9\":{\"b\" :null } }\n";
        let parsed = parse(text);
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        let root = parsed.tree.documents().next().unwrap();
        let slice = |node: crate::Node<'_>| parsed.tree.source().slice(node.span()).to_owned();
        assert_eq!(slice(root.key_node("a").unwrap()), "\"a\"");
        assert_eq!(slice(root.get("a").unwrap()), "[1, -2.50 , \"x\\ny\"]");
        assert_eq!(
            root.get("a").unwrap().items().map(slice).collect::<Vec<_>>(),
            ["1", "-2.50", "\"x\\ny\""]
        );
        assert_eq!(slice(root.key_node("é").unwrap()), "\"\\u00e9\"");
        assert_eq!(slice(root.get("é").unwrap()), "{\"b\" :null }");
        assert_eq!(slice(root), text.trim());
        assert_eq!(root.to_json(), serde_json::from_str::<serde_json::Value>(text).unwrap());
    }

    #[test]
    fn types_are_those_of_json() {
        let parsed =
            parse("{\"yes\": \"no\", \"<<\": 1, \"f\": 3.0, \"big\": 18446744073709551615, \"z\": -0}");
        let root = parsed.tree.documents().next().unwrap();
        let kinds: Vec<_> = root.entries().map(|(key, _, value)| (key, value.kind())).collect();
        assert_eq!(
            kinds,
            [("yes", Kind::Str), ("<<", Kind::Int), ("f", Kind::Float), ("big", Kind::Int), ("z", Kind::Int)]
        );
    }

    #[test]
    fn problems_have_places() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for (text, code, at) in [
            ("{\"a\":1,\"a\":2}", "duplicate-key", 7),
            ("[1,]", "json-syntax", 3),
            ("{a:1}", "json-syntax", 1),
            ("[\"\\ud800\"]", "json-syntax", 8),
            ("[\"a\nb\"]", "json-syntax", 3),
            ("[1e999]", "number-range", 1),
            ("[1] x", "json-syntax", 4),
            ("{\"a\":", "json-syntax", 5),
            ("[NaN]", "json-syntax", 1),
            (deep.as_str(), "too-deep", 128),
        ] {
            let diagnostics = parse(text).diagnostics;
            let found: Vec<_> = diagnostics.iter().map(|d| (d.code, d.span.start)).collect();
            assert_eq!(found, [(code, at)], "{text:?} {diagnostics:?}");
        }
    }

    #[test]
    fn values_in_a_row_and_broken_lines() {
        assert_eq!(parse("{\"a\":1}{\"a\":2}\n[3]").tree.documents().count(), 3);
        let source = Source::new("test.jsonl", "{\"a\":1}\n{\"a\":\n\n{\"a\":3}\r\n");
        let parsed = parse_json_lines(&source, &Limits::default());
        assert_eq!(parsed.tree.documents().count(), 2);
        assert_eq!(source.position(parsed.diagnostics[0].span.start).line, 2);
    }
}
