use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A half-open range of bytes in one [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        // Sources are refused above 4 GiB, so the casts keep their value.
        Self { start: start as u32, end: end as u32 }
    }

    /// As a range for slicing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as editors count it: both from 1, the column in Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters (not bytes).
    pub column: u32,
}

/// One text with the name that users know it by.
#[derive(Debug, Clone)]
pub struct Source(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: Box<str>,
    text: Box<str>,
    lines: OnceLock<Box<[u32]>>,
}

impl Source {
    /// A source called `name` (a path as the user gave it, or `-`). `text` must be shorter than 4 GiB; readers check.
    pub fn new(name: impl Into<Box<str>>, text: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Inner { name: name.into(), text: text.into(), lines: OnceLock::new() }))
    }

    /// The name users know it by.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The text of `span`; empty when it is out of range or splits a character.
    pub fn slice(&self, span: Span) -> &str {
        self.0.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte offset, in O(log lines) after the first call.
    pub fn position(&self, offset: u32) -> Position {
        let lines = self.lines();
        let line = lines.partition_point(|&start| start <= offset).max(1);
        let start = lines[line - 1] as usize;
        let end = (offset as usize).min(self.0.text.len());
        let column = match self.0.text.get(start..end) {
            Some(before) => before.chars().count(),
            None => end.saturating_sub(start),
        };
        Position { line: line as u32, column: column as u32 + 1 }
    }

    /// The text of a line (from 1) without its line break, if there is such a line.
    pub fn line(&self, line: u32) -> Option<&str> {
        let span = self.line_span(line)?;
        Some(self.slice(span))
    }

    /// The bytes of a line (from 1) without its line break.
    pub fn line_span(&self, line: u32) -> Option<Span> {
        let lines = self.lines();
        let index = (line as usize).checked_sub(1)?;
        let start = *lines.get(index)? as usize;
        let end = lines.get(index + 1).map_or(self.0.text.len(), |&next| next as usize);
        let text = &self.0.text[start..end];
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Some(Span::new(start, start + text.len()))
    }

    /// How many lines the text has; a final line break does not open another one.
    pub fn line_count(&self) -> u32 {
        let lines = self.lines();
        let last_is_empty = lines.last().is_some_and(|&start| start as usize == self.0.text.len());
        (lines.len() - usize::from(last_is_empty && lines.len() > 1)) as u32
    }

    fn lines(&self) -> &[u32] {
        self.0.lines.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.0.text.as_bytes());
            std::iter::once(0).chain(breaks.map(|at| at as u32 + 1)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let source = Source::new("a", "ab\r\nçd\n");
        for (offset, line, column) in [(0, 1, 1), (1, 1, 2), (4, 2, 1), (6, 2, 2), (8, 3, 1)] {
            assert_eq!(source.position(offset), Position { line, column }, "offset {offset}");
        }
        assert_eq!(source.line(1), Some("ab"));
        assert_eq!(source.line(2), Some("çd"));
        assert_eq!(source.line_count(), 2);
        assert_eq!(source.line(9), None);
    }
}
