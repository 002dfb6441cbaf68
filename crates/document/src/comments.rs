//! Comments, found when asked for: what stands behind a `#` between the scalars of a document.

use crate::{Format, Kind, Span, Style, Tree};

/// A comment of a YAML document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment<'a> {
    /// From the `#` to the end of the line.
    pub span: Span,
    /// What stands behind the `#`, without white space around it.
    pub text: &'a str,
    /// True when nothing else stands on its line, so that it speaks of what follows.
    pub own_line: bool,
}

/// Iterator of [`Tree::comments`].
pub struct Comments<'a> {
    tree: &'a Tree,
    document: usize,
    /// The next node whose text may hold a `#` that is no comment.
    node: usize,
    at: usize,
}

impl Tree {
    /// The comments of every document that could be read, in order. `#` inside texts are none; JSON has none.
    pub fn comments(&self) -> Comments<'_> {
        let document = if self.format == Format::Json { self.documents.len() } else { 0 };
        let mut comments = Comments { tree: self, document, node: 0, at: 0 };
        comments.enter();
        comments
    }
}

impl<'a> Comments<'a> {
    fn enter(&mut self) {
        if let Some(&(root, span)) = self.tree.documents.get(self.document) {
            self.node = root as usize;
            self.at = span.start as usize;
        }
    }

    /// The next scalar or alias of this document: where its text starts and ends.
    fn obstacle(&mut self, last: usize) -> Option<(usize, usize)> {
        while self.node < last {
            let node = &self.tree.nodes[self.node];
            let (start, end) = (node.start as usize, node.end as usize);
            self.node += 1;
            match node.style {
                Style::BlockScalar => {
                    // The header's line may end in a comment.
                    let text = self.tree.source.text();
                    let body =
                        memchr::memchr(b'\n', &text.as_bytes()[start..end]).map_or(end, |at| start + at);
                    return Some((body, end));
                }
                Style::Alias => return Some((start, end)),
                _ if matches!(node.kind, Kind::Seq | Kind::Map) => {}
                _ => return Some((start, end)),
            }
        }
        None
    }
}

impl<'a> Iterator for Comments<'a> {
    type Item = Comment<'a>;

    fn next(&mut self) -> Option<Comment<'a>> {
        let text = self.tree.source.text();
        while let Some(&(root, span)) = self.tree.documents.get(self.document) {
            let last = self.tree.nodes[root as usize].next as usize;
            let before = self.node;
            let obstacle = self.obstacle(last);
            let gap_end = obstacle.map_or(span.end as usize, |(start, _)| start).max(self.at);
            let found = memchr::memchr_iter(b'#', &text.as_bytes()[self.at..gap_end])
                .map(|offset| self.at + offset)
                .find(|&at| at == 0 || text.as_bytes()[at - 1].is_ascii_whitespace());
            if let Some(start) = found {
                // The obstacle is still ahead.
                self.node = before;
                let end =
                    memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |at| start + at);
                let end = start + text[start..end].trim_end().len();
                let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
                self.at = end;
                let own_line = text[line..start].trim().is_empty();
                return Some(Comment {
                    span: Span::new(start, end),
                    text: text[start + 1..end].trim(),
                    own_line,
                });
            }
            match obstacle {
                Some((_, end)) => self.at = self.at.max(end),
                None => {
                    self.document += 1;
                    self.enter();
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::{Limits, Source, parse_yaml};

    #[test]
    fn comments_are_told_from_texts() {
        let text = "# Source: x/y.yaml\na: 'it # is' # one\nb: x#y\n  # two \nc: | # three\n  # text\n  more\n# four\nd: [1, # five\n  \"#\"]\n---\n# six\n---\ne: 1 # rampart:ignore a -- b";
        let source = Source::new("x", text);
        let parsed = parse_yaml(&source, &Limits::default());
        assert!(parsed.diagnostics.is_empty());
        let found: Vec<_> = parsed.tree.comments().map(|comment| (comment.text, comment.own_line)).collect();
        let want = [
            ("Source: x/y.yaml", true),
            ("one", false),
            ("two", true),
            ("three", false),
            ("four", true),
            ("five", false),
            ("rampart:ignore a -- b", false),
        ];
        assert_eq!(found, want);
        assert!(parsed.tree.comments().all(|comment| source.slice(comment.span).starts_with('#')));
    }
}
