//! From a place in an expression to the place in the file that holds it.

use rampart_document::{Node, Span, Style};

/// The bytes of the file at which a byte of a scalar's text stands; the whole scalar when its text is not written as it
/// is (escapes, folded lines).
pub(super) fn inside(node: Node<'_>, offset: usize) -> Span {
    let span = node.span();
    exact(node, offset).map_or(span, |at| Span::new(at, (at + 1).min(span.end as usize)))
}

fn exact(node: Node<'_>, offset: usize) -> Option<usize> {
    let source = node.tree().source();
    let (text, span) = (node.scalar_text()?, node.span());
    let written = source.slice(span);
    match node.style() {
        Style::Plain => (written == text).then(|| span.start as usize + offset),
        Style::SingleQuoted | Style::DoubleQuoted => {
            let inner = written.get(1..written.len().checked_sub(1)?)?;
            (inner == text).then(|| span.start as usize + 1 + offset)
        }
        Style::BlockScalar => {
            // The line of the text that holds the byte stands that many lines below the first one, indented.
            let before = text.get(..offset)?;
            let line = before.matches('\n').count();
            let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
            let wanted = text.lines().nth(line)?;
            let mut start = span.start as usize;
            let mut lines = written.split_inclusive('\n').map(|own| {
                let from = start;
                start += own.len();
                (from, own.trim_end_matches(['\n', '\r']))
            });
            // A literal block's span may begin at its header or at its text.
            let first = text.lines().find(|own| !own.is_empty())?;
            let skipped = text.lines().position(|own| own == first)?;
            let (_, at_first) = (0, lines.by_ref().find(|(_, own)| own.trim_start() == first.trim_start())?);
            if line < skipped {
                return None;
            }
            let (from, own) = if line == skipped { at_first } else { lines.nth(line - skipped - 1)? };
            let indent = own.len().checked_sub(wanted.len())?;
            own.ends_with(wanted).then_some(from + indent + column)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rampart_document::{Limits, Source, parse_yaml};

    #[test]
    fn finds_the_byte_in_every_style() {
        for (yaml, what) in [
            ("a: one + two", "two"),
            ("a: 'one + two'", "two"),
            ("a: \"one + two\"", "two"),
            ("a: |\n  one +\n  two\n", "two"),
            ("a: |-\n    one +\n\n    two + three\n", "three"),
            ("b: 1\na: |\n  one\n  + two", "two"),
        ] {
            let parsed = parse_yaml(&Source::new("t", yaml), &Limits::default());
            let node = parsed.tree.documents().next().unwrap().get("a").unwrap();
            let offset = node.scalar_text().unwrap().find(what).unwrap();
            let span = inside(node, offset);
            assert_eq!(span.start as usize, yaml.find(what).unwrap(), "{yaml}");
        }
        for yaml in ["a: \"\\x6fne two\"", "a: >\n  one\n  two\n", "a: one\n  two"] {
            let parsed = parse_yaml(&Source::new("t", yaml), &Limits::default());
            let node = parsed.tree.documents().next().unwrap().get("a").unwrap();
            assert_eq!(inside(node, 4), node.span(), "{yaml}");
        }
    }
}
