//! The short way for plain documents, which nearly all manifests are: block mappings and lists, scalars of one line,
//! literal blocks, flow collections of one line, comments, ASCII only. It knows nothing else: at the first thing that
//! it does not know it gives the document up, and the library reads it. What it does read gives the same tree as the
//! library's events do; a fuzz target and the tests compare the two.

use std::borrow::Cow;

use crate::build::{Builder, Scalar};
use crate::{Kind, Span, Style, scalar};

/// Why a document was given up: it is not plain, or it is broken and the library shall say how.
pub(super) struct NotPlain;

type Outcome<T> = Result<T, NotPlain>;

/// Reads the one document in `text`, which stands at `base` in the source. On failure the builder holds rubbish.
pub(super) fn read<'text>(builder: &mut Builder<'_, 'text>, text: &'text str, base: u32) -> Outcome<()> {
    let strange = |&byte: &u8| byte != b'\n' && !(0x20..0x7f).contains(&byte);
    // No early exit, so that the compiler can look at many bytes at a time.
    if text.as_bytes().iter().fold(false, |found, byte| found | strange(byte)) {
        return Err(NotPlain);
    }
    let mut reader =
        Reader { builder, text, bytes: text.as_bytes(), base, at: 0, open: Vec::new(), pending: None };
    reader.document()
}

struct Reader<'a, 'b, 'text> {
    builder: &'a mut Builder<'b, 'text>,
    text: &'text str,
    bytes: &'text [u8],
    base: u32,
    at: usize,
    /// The block containers around, with their columns.
    open: Vec<(Kind, usize)>,
    pending: Option<Pending>,
}

/// A key or dash with nothing behind it on its line.
struct Pending {
    column: usize,
    is_key: bool,
    /// Behind the `:` or `-`.
    at: usize,
}

impl<'text> Reader<'_, '_, 'text> {
    fn document(&mut self) -> Outcome<()> {
        if self.text.starts_with("---") {
            self.at = 3;
            self.line_end()?;
        }
        while self.at < self.bytes.len() {
            let start = self.at;
            self.skip_spaces();
            match self.peek() {
                None | Some(b'\n') => self.at += 1,
                Some(b'#') => self.skip_line(),
                Some(_) => self.line(self.at - start)?,
            }
        }
        self.at = self.bytes.len();
        self.settle(None)?;
        while self.open.pop().is_some() {
            self.close();
        }
        if self.builder.root.is_some() { Ok(()) } else { Err(NotPlain) }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        self.at =
            memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |end| self.at + end + 1);
    }

    /// Takes the rest of a line that must be empty or a comment.
    fn line_end(&mut self) -> Outcome<()> {
        let before = self.at;
        self.skip_spaces();
        match self.peek() {
            None | Some(b'\n') => self.at += 1,
            Some(b'#') if self.at > before => self.skip_line(),
            Some(_) => return Err(NotPlain),
        }
        Ok(())
    }

    fn ends_line(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), None | Some(b'\n'))
    }

    fn is_dash(&self) -> bool {
        self.peek() == Some(b'-') && matches!(self.bytes.get(self.at + 1), None | Some(b' ' | b'\n'))
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { start: self.base + start as u32, end: self.base + end as u32 }
    }

    fn close(&mut self) {
        let end = self.builder.last_end();
        self.builder.end(end);
    }

    fn start(&mut self, kind: Kind, column: usize) -> Outcome<()> {
        let here = self.span(self.at, self.at);
        self.builder.start(kind, Style::Block, 0, false, here).map_err(|_| NotPlain)?;
        self.open.push((kind, column));
        Ok(())
    }

    /// A line whose content stands at `column`.
    fn line(&mut self, column: usize) -> Outcome<()> {
        // `...` and `---` mean something else at the start of a line.
        if column == 0
            && (self.bytes[self.at..].starts_with(b"...") || self.bytes[self.at..].starts_with(b"---"))
        {
            return Err(NotPlain);
        }
        let dash = self.is_dash();
        self.settle(Some((column, dash)))?;
        while let Some(&(kind, own)) = self.open.last() {
            if own > column || own == column && kind == Kind::Seq && !dash {
                self.open.pop();
                self.close();
            } else {
                break;
            }
        }
        let kind = if dash { Kind::Seq } else { Kind::Map };
        match self.open.last() {
            Some(&innermost) if innermost == (kind, column) => {}
            None if self.builder.root.is_none() => self.start(kind, column)?,
            _ => return Err(NotPlain),
        }
        self.content(column)
    }

    /// Decides what the pending key or dash gets: a container that starts on this line, or nothing.
    fn settle(&mut self, line: Option<(usize, bool)>) -> Outcome<()> {
        let Some(pending) = self.pending.take() else { return Ok(()) };
        if let Some((column, dash)) = line
            && (column > pending.column || pending.is_key && dash && column == pending.column)
        {
            return self.start(if dash { Kind::Seq } else { Kind::Map }, column);
        }
        self.scalar(pending.at, pending.at, Style::Plain)
    }

    /// An element or entry of the innermost container, which stands at `column`.
    fn content(&mut self, mut column: usize) -> Outcome<()> {
        while self.is_dash() {
            let dash = self.at;
            self.at += 1;
            self.skip_spaces();
            if self.ends_line(self.at) || self.peek() == Some(b'#') {
                self.pending = Some(Pending { column, is_key: false, at: dash + 1 });
                self.at = dash + 1;
                return self.line_end();
            }
            column += self.at - dash;
            if self.is_dash() {
                self.start(Kind::Seq, column)?;
            } else if self.key_end().is_some() {
                self.start(Kind::Map, column)?;
            } else {
                return self.value(column);
            }
        }
        self.entry(column)
    }

    /// Behind the key that starts here, if one does: where its text ends, and where its `:` stands.
    fn key_end(&self) -> Option<(usize, Style)> {
        let first = self.peek()?;
        let (end, style) = match first {
            b'"' | b'\'' => (self.quoted_end(self.at)?, quotes(first)),
            _ => {
                let rest = &self.bytes[self.at..];
                let plain =
                    |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
                let length = rest.iter().position(|byte| !plain(byte))?;
                (self.at + length, Style::Plain)
            }
        };
        let starts =
            style != Style::Plain || first.is_ascii_alphanumeric() || matches!(first, b'_' | b'.' | b'/');
        let colon = self.bytes.get(end) == Some(&b':')
            && matches!(self.bytes.get(end + 1), None | Some(b' ' | b'\n'));
        (starts && colon && end - self.at < 1000).then_some((end, style))
    }

    fn entry(&mut self, column: usize) -> Outcome<()> {
        let (end, style) = self.key_end().ok_or(NotPlain)?;
        let start = self.at;
        self.scalar(start, end, style)?;
        self.at = end + 1;
        self.skip_spaces();
        if self.ends_line(self.at) || self.peek() == Some(b'#') {
            self.pending = Some(Pending { column, is_key: true, at: end + 1 });
            self.at = end + 1;
            return self.line_end();
        }
        self.value(column)
    }

    /// A value that starts here and, literal blocks apart, ends on this line. `column` is that of its key, or its own
    /// behind a dash.
    fn value(&mut self, column: usize) -> Outcome<()> {
        let start = self.at;
        match self.bytes[start] {
            b'"' | b'\'' => self.quoted()?,
            b'[' | b'{' => self.flow(0)?,
            b'|' => return self.literal(column),
            _ => {
                let end = self.plain_end().ok_or(NotPlain)?;
                self.scalar(start, end, Style::Plain)?;
                self.at = end;
            }
        }
        self.line_end()
    }

    /// Behind the closing quote of a text without escapes.
    fn quoted_end(&self, start: usize) -> Option<usize> {
        let quote = self.bytes[start];
        let rest = &self.bytes[start + 1..];
        let length = memchr::memchr3(quote, b'\\', b'\n', rest)?;
        let end = start + 1 + length;
        let simple = rest[length] == quote && self.bytes.get(end + 1) != Some(&b'\'');
        // A backslash is an ordinary character in single quotes, but too rare to care.
        simple.then_some(end + 1)
    }

    /// A quoted text on one line; in double quotes with the usual escapes.
    fn quoted(&mut self) -> Outcome<()> {
        let start = self.at;
        let quote = self.bytes[start];
        if let Some(end) = self.quoted_end(start) {
            self.at = end;
            return self.scalar(start, end, quotes(quote));
        }
        if quote != b'"' {
            return Err(NotPlain);
        }
        let mut text = String::new();
        let mut from = start + 1;
        loop {
            let at = from + memchr::memchr3(b'"', b'\\', b'\n', &self.bytes[from..]).ok_or(NotPlain)?;
            text.push_str(&self.text[from..at]);
            match (self.bytes[at], self.bytes.get(at + 1)) {
                (b'"', Some(b'\'')) | (b'\n', _) => return Err(NotPlain),
                (b'"', _) => {
                    self.at = at + 1;
                    return self.text_scalar(start, at + 1, text, Style::DoubleQuoted);
                }
                (_, Some(&escaped)) => text.push(unescaped(escaped).ok_or(NotPlain)?),
                (_, None) => return Err(NotPlain),
            }
            from = at + 2;
        }
    }

    /// The end of a plain scalar that takes the rest of the line.
    fn plain_end(&self) -> Option<usize> {
        let start = self.at;
        let first = self.bytes[start];
        let starts = first.is_ascii_alphanumeric()
            || matches!(first, b'_' | b'/' | b'.' | b'+' | b'~' | b'(' | b'$' | b'=')
            || first == b'-'
                && self
                    .bytes
                    .get(start + 1)
                    .is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !starts {
            return None;
        }
        let rest = &self.bytes[start..];
        let mut end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        for at in memchr::memchr2_iter(b':', b'#', &rest[..end]) {
            if rest[at] == b'#' && rest[at - 1] == b' ' {
                end = at;
                break;
            }
            if rest[at] == b':' && matches!(rest.get(at + 1), None | Some(b' ' | b'\n')) {
                return None;
            }
        }
        let end = end - rest[..end].iter().rev().take_while(|&&byte| byte == b' ').count();
        Some(start + end)
    }

    fn scalar(&mut self, start: usize, end: usize, style: Style) -> Outcome<()> {
        let quotes = usize::from(style != Style::Plain);
        let text = &self.text[start + quotes..end - quotes];
        let kind = if style == Style::Plain { scalar::plain_kind(text) } else { Kind::Str };
        let span = self.span(start, end);
        let scalar = Scalar { text: Cow::Borrowed(text), kind, style, anchor: 0, tagged: false, span };
        self.builder.scalar(scalar).map_err(|_| NotPlain)
    }

    /// `[a, "b"]` or `{a: b}` on one line.
    fn flow(&mut self, depth: usize) -> Outcome<()> {
        let (kind, closing) = if self.bytes[self.at] == b'[' { (Kind::Seq, b']') } else { (Kind::Map, b'}') };
        let here = self.span(self.at, self.at);
        self.builder.start(kind, Style::Flow, 0, false, here).map_err(|_| NotPlain)?;
        self.at += 1;
        self.skip_spaces();
        if depth > 8 {
            return Err(NotPlain);
        }
        while self.peek() != Some(closing) {
            if kind == Kind::Map {
                self.flow_scalar()?;
                if self.peek() != Some(b':') || self.bytes.get(self.at + 1) != Some(&b' ') {
                    return Err(NotPlain);
                }
                self.at += 1;
                self.skip_spaces();
            }
            match self.peek() {
                Some(b'[' | b'{') => self.flow(depth + 1)?,
                _ => self.flow_scalar()?,
            }
            self.skip_spaces();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.skip_spaces();
                    if self.peek() == Some(closing) {
                        return Err(NotPlain);
                    }
                }
                Some(byte) if byte == closing => {}
                _ => return Err(NotPlain),
            }
        }
        self.at += 1;
        self.builder.end(self.base + self.at as u32);
        Ok(())
    }

    fn flow_scalar(&mut self) -> Outcome<()> {
        let start = self.at;
        let first = self.peek().ok_or(NotPlain)?;
        if matches!(first, b'"' | b'\'') {
            return self.quoted();
        }
        let plain = |byte: &u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-' | b'+' | b'=')
        };
        let rest = &self.bytes[start..];
        let length = rest.iter().position(|byte| !plain(byte)).unwrap_or(rest.len());
        if length == 0 || !(first.is_ascii_alphanumeric() || matches!(first, b'_' | b'/' | b'.')) {
            return Err(NotPlain);
        }
        self.scalar(start, start + length, Style::Plain)?;
        self.at = start + length;
        Ok(())
    }

    /// `|` or `|-` and its lines, more indented than `column`.
    fn literal(&mut self, column: usize) -> Outcome<()> {
        // Behind a dash, the library takes the column of the list; the entry's own column is the safe side here.
        let start = self.at;
        self.at += 1;
        let strip = self.peek() == Some(b'-');
        self.at += usize::from(strip);
        self.line_end()?;
        let (mut text, mut own, mut blank) = (String::new(), None, 0);
        let mut end = start + 1 + usize::from(strip);
        while self.at < self.bytes.len() {
            let line = self.at;
            self.skip_spaces();
            let indent = self.at - line;
            if self.ends_line(self.at) {
                if own.map_or(indent > 0, |own| indent > own) {
                    return Err(NotPlain);
                }
                blank += 1;
                self.at += 1;
                continue;
            }
            if indent < own.unwrap_or(column + 1) {
                self.at = line;
                if own.is_none() || indent > column || self.bytes[line + indent] == b'#' && indent > 0 {
                    return Err(NotPlain);
                }
                break;
            }
            let own = *own.get_or_insert(indent);
            self.skip_line();
            let next = self.at.min(self.bytes.len());
            end = next - usize::from(self.bytes[next - 1] == b'\n');
            text.extend(std::iter::repeat_n('\n', blank));
            blank = 0;
            text.push_str(&self.text[line + own..end]);
            text.push('\n');
        }
        if own.is_none() {
            return Err(NotPlain);
        }
        if strip {
            text.pop();
        }
        let end = start + self.text[start..end].trim_end().len();
        self.text_scalar(start, end, text, Style::BlockScalar)
    }

    /// A text that is not as it stands in the source.
    fn text_scalar(&mut self, start: usize, end: usize, text: String, style: Style) -> Outcome<()> {
        let (span, text) = (self.span(start, end), Cow::Owned(text));
        let scalar = Scalar { text, kind: Kind::Str, style, anchor: 0, tagged: false, span };
        self.builder.scalar(scalar).map_err(|_| NotPlain)
    }
}

/// The usual escapes in double quotes; others, `\/` among them, are the library's to read or refuse.
fn unescaped(escaped: u8) -> Option<char> {
    Some(match escaped {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'"' => '"',
        b'\\' => '\\',
        _ => return None,
    })
}

fn quotes(quote: u8) -> Style {
    if quote == b'"' { Style::DoubleQuoted } else { Style::SingleQuoted }
}
