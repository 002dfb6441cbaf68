//! Events of the YAML library to the builder, with the API machinery's reading of tags.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, StructureStyle, Tag, options,
};

use crate::build::{Builder, Failure, Scalar, failure};
use crate::{Diagnostic, Kind, Span, Style, scalar};

const CORE: &str = "tag:yaml.org,2002:";

/// Reads the one document in `text`, which stands at `base` in the source.
pub(super) fn read<'text>(
    builder: &mut Builder<'_, 'text>,
    text: &'text str,
    base: u32,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(), Failure> {
    let options: Options = options! { emit_comments: false, emit_anchor_events: true };
    // JSON has the escape `\/`, and a document that starts like JSON is read as such first.
    let like_json = text.trim_start().starts_with('{');
    let mut ended = false;
    let mut after = 0;
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| syntax(&error, text, base))?;
        if let Some(tag) = span.tag_span() {
            check_tag_end(text, tag, base)?;
        }
        let range = span.byte_range().unwrap_or(0..0);
        let span = written(&event, text, after, range.clone(), builder.expects_value());
        after = if matches!(event, Event::SequenceStart(..) | Event::MappingStart(..)) {
            span.start
        } else {
            span.end
        };
        let span = Span::new(base as usize + span.start, base as usize + span.end);
        match event {
            Event::Scalar(content, style, anchor, tag) => {
                if style == ScalarStyle::DoubleQuoted && !like_json && matches!(content, Cow::Owned(_)) {
                    check_escapes(&text[range], span)?;
                }
                builder.scalar(typed(content, style, anchor, tag.as_deref(), span)?)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                builder.start(Kind::Seq, structure(style), anchor, tag.is_some(), span)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                builder.start(Kind::Map, structure(style), anchor, tag.is_some(), span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let flow = builder.style() == Some(Style::Flow);
                builder.end(if flow { span.end } else { builder.last_end() });
            }
            Event::Alias(anchor) => {
                check_anchor_name(text[range].trim_start_matches('*'), span)?;
                builder.alias(anchor, span)?;
            }
            Event::Anchor(_, name) => check_anchor_name(&name, span)?,
            Event::DocumentEnd => ended = true,
            Event::DocumentStart(..) if ended => {
                let problem = "kubectl ignores what follows `...`, so this was not read";
                diagnostics.push(
                    Diagnostic::error("ignored-content", span, problem).help("write `---` between documents"),
                );
                return Ok(());
            }
            _ => {}
        }
    }
    Ok(())
}

/// YAML 1.1 knows fewer characters in names of anchors than YAML 1.2.
fn check_anchor_name(name: &str, span: Span) -> Result<(), Failure> {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Ok(());
    }
    let problem = format!("the API machinery reads the name `{name}` of an anchor or alias differently");
    let diagnostic = Diagnostic::error("anchor-name", span, problem);
    Err(Box::new(diagnostic.help("use letters, digits, `-` and `_`, and a space before `:`")))
}

/// In YAML 1.1 a `,` belongs to the tag before it, and brackets may not follow one.
fn check_tag_end(text: &str, tag: granit_parser::Span, base: u32) -> Result<(), Failure> {
    let range = tag.byte_range().unwrap_or(0..0);
    if matches!(text.as_bytes().get(range.end), Some(b',' | b'[' | b']' | b'{' | b'}')) {
        let span = Span { start: base + range.start as u32, end: base + range.end as u32 };
        let problem = "the API machinery needs a space after this tag";
        return Err(Box::new(
            Diagnostic::error("yaml-syntax", span, problem).help("add a space after the tag"),
        ));
    }
    Ok(())
}

/// YAML 1.1 does not know the escape `\/`.
fn check_escapes(raw: &str, span: Span) -> Result<(), Failure> {
    let mut bytes = raw.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\' && bytes.next().is_some_and(|(_, escaped)| escaped == b'/') {
            let at = span.start as usize + at;
            let problem = "the API machinery's YAML reader does not know the escape `\\/`";
            let diagnostic = Diagnostic::error("yaml-syntax", Span::new(at, at + 2), problem);
            return Err(Box::new(diagnostic.help("write `/`")));
        }
    }
    Ok(())
}

/// Where a node is written. The library's spans are that, except that block scalars lack their header, lists at their
/// key's indentation their first dash, and empty values stand before their colon.
fn written(event: &Event<'_>, text: &str, after: usize, range: Range<usize>, is_value: bool) -> Range<usize> {
    match event {
        Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => {
            let header = skip_indicators(text, after, b"|>");
            let start = header.min(range.start);
            let header = text[start..].lines().next().unwrap_or_default();
            if header.bytes().take(3).any(|byte| byte == b'+') {
                return start..range.end;
            }
            // Blank lines behind it are not its own.
            start..start + text[start..range.end].trim_end().len()
        }
        Event::Scalar(_, ScalarStyle::Plain, ..) if range.is_empty() => {
            let at = match skip_indicators(text, after, if is_value { b":" } else { b"-" }) {
                usize::MAX => range.start,
                indicator => indicator + 1,
            };
            at..at
        }
        Event::SequenceStart(StructureStyle::Block, ..) if is_value => {
            match skip_indicators(text, after, b"-") {
                usize::MAX => range,
                dash => dash.min(range.start)..range.end.max(dash),
            }
        }
        _ => range,
    }
}

/// The first of the `wanted` bytes behind indicators, properties, comments and white space.
fn skip_indicators(text: &str, from: usize, wanted: &[u8]) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            byte if wanted.contains(byte) => return at,
            b'#' => at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at),
            b'&' | b'!' => {
                at += bytes[at..].iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len() - at);
            }
            b' ' | b'\t' | b'\r' | b'\n' | b':' | b'-' | b'?' => at += 1,
            _ => return usize::MAX,
        }
    }
    usize::MAX
}

fn structure(style: StructureStyle) -> Style {
    if style == StructureStyle::Flow { Style::Flow } else { Style::Block }
}

fn typed<'text>(
    content: Cow<'text, str>,
    style: ScalarStyle,
    anchor: usize,
    tag: Option<&Tag>,
    span: Span,
) -> Result<Scalar<'text>, Failure> {
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        _ => Style::BlockScalar,
    };
    // The library gives `~` for a value that is not written at all.
    let content = if span.start == span.end { Cow::Borrowed("") } else { content };
    let (text, kind) = match tag {
        None if style == Style::Plain => {
            let kind = scalar::plain_kind(&content);
            (content, kind)
        }
        None => (content, Kind::Str),
        Some(tag) => tagged(content, tag, span)?,
    };
    Ok(Scalar { text, kind, style, anchor, tagged: tag.is_some(), span })
}

/// A tag of the core types must fit the text, whatever the quotes; any other tag makes it text.
fn tagged<'text>(
    content: Cow<'text, str>,
    tag: &Tag,
    span: Span,
) -> Result<(Cow<'text, str>, Kind), Failure> {
    let name = tag.suffix_in_namespace(CORE);
    let natural = scalar::plain_kind(&content);
    let number = scalar::number(&content);
    let kind = match name.as_deref() {
        Some("str") | None => Some(Kind::Str),
        Some("bool") => Some(Kind::Bool).filter(|&kind| kind == natural),
        Some("null") => Some(Kind::Null).filter(|&kind| kind == natural),
        Some("int") => {
            let whole = matches!(number, Some(scalar::Number::Signed(_) | scalar::Number::Unsigned(_)));
            whole.then_some(Kind::Int)
        }
        Some("float") => match number {
            Some(scalar::Number::Signed(value)) => {
                let text = (value as f64).to_string();
                let kind = scalar::plain_kind(&text);
                return Ok((Cow::Owned(text), kind));
            }
            Some(scalar::Number::Float(_)) => Some(natural),
            _ => None,
        },
        Some("binary") => return binary(&content, span).map(|text| (Cow::Owned(text), Kind::Str)),
        Some("timestamp") => None,
        Some(_) => Some(Kind::Str),
    };
    let name = name.as_deref().unwrap_or_default();
    let problem = || format!("the API server cannot read this value as `!!{name}`");
    let kind = kind.ok_or_else(|| failure("tag-mismatch", span, problem()))?;
    Ok((content, kind))
}

/// Base64 to text; bytes that are not UTF-8 become replacement characters on their way through JSON.
fn binary(content: &str, span: Span) -> Result<String, Failure> {
    use base64::Engine as _;
    let digits: String = content.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(digits)
        .map_err(|_| failure("tag-mismatch", span, "`!!binary` needs base64, which this value is not"))?;
    // One replacement for each wrong byte, as Go does it; the standard library joins them.
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    Ok(text)
}

fn syntax(error: &ScanError, text: &str, base: u32) -> Failure {
    let mut at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    if text.get(at..).unwrap_or_default().trim_end().is_empty() {
        // An error at the end is shown behind the last thing written.
        at = text.trim_end().len();
    }
    let (problem, help) = explain(error.kind());
    let at = base as usize + at;
    let diagnostic = Diagnostic::error("yaml-syntax", Span::new(at, at), problem);
    Box::new(match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    })
}

/// The commonest mistakes in words; the library's own for the rest.
fn explain(kind: &ErrorKind) -> (String, Option<&'static str>) {
    use ErrorKind as E;
    let (problem, help) = match kind {
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabAtBlockScalarStart
        | E::TabInPlainScalar
        | E::InvalidBlockEntryWhitespace
        | E::InvalidMappingValueWhitespace => {
            ("a tab stands where YAML takes only spaces", "indent with spaces")
        }
        E::UnclosedFlowCollection { open: '[' }
        | E::UnexpectedEofFlowSequence
        | E::ExpectedFlowSequenceSeparator => {
            ("a list that starts with `[` is not closed, or a comma is missing", "close it with `]`")
        }
        E::UnclosedFlowCollection { .. } | E::UnexpectedEofFlowMapping | E::ExpectedFlowMappingSeparator => {
            ("a mapping that starts with `{` is not closed, or a comma is missing", "close it with `}`")
        }
        E::UnclosedQuotedScalar | E::InvalidQuotedScalarIndent => {
            ("a quoted text is not closed", "add the closing quote, or indent the lines of the text")
        }
        E::UnknownAnchor => {
            ("this alias names an anchor that does not stand before it", "define it with `&name` further up")
        }
        E::ExpectedBlockMappingKey | E::InvalidIndentation => {
            ("this line does not fit the lines around it", "check its indentation and the quotes above it")
        }
        E::SimpleKeyExpected => ("a `key:` was expected here", "add `:` after the key, or indent the text"),
        E::MappingValueNotAllowed | E::InvalidColonPlacement => (
            "a `:` stands where no mapping can start",
            "quote a text that contains `: `, or check the indentation and open brackets above",
        ),
        E::UnexpectedCharacter { character: '@' | '`' } => {
            ("a plain text cannot start with this character", "quote the text")
        }
        E::UnexpectedCharacter { character: '%' } => ("a plain text cannot start with `%`", "quote the text"),
        E::RecursionLimitExceeded => {
            return ("nested too deeply; this document was not read".into(), None);
        }
        other => return (format!("this is not valid YAML: {other}"), None),
    };
    (problem.into(), Some(help))
}
