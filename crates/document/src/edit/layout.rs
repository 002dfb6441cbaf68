//! What the text around a node looks like.

use super::render::Layout;
use crate::{Kind, Style, Tree};

/// The text and nodes of one document, with the questions that edits ask.
pub(super) struct Page<'a> {
    pub(super) tree: &'a Tree,
    pub(super) text: &'a str,
    pub(super) newline: &'static str,
    pub(super) layout: Layout,
    /// Anchored nodes that an alias points at.
    pub(super) shared: std::collections::HashSet<u32>,
}

impl<'a> Page<'a> {
    pub(super) fn new(tree: &'a Tree) -> Self {
        let text = tree.source().text();
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let aliases = tree.nodes.iter().filter(|node| node.style == Style::Alias);
        let shared = aliases.map(|node| node.aux).collect();
        let mut page = Self { tree, text, newline, layout: Layout { step: 2, dash: 0 }, shared };
        page.layout = page.habits();
        page
    }

    /// How this document indents mappings and lists, by its first of each.
    fn habits(&self) -> Layout {
        let (mut step, mut dash) = (None, None);
        for id in 0..self.tree.nodes.len() as u32 {
            if self.style(id) != Style::Block || self.kind(id) != Kind::Map {
                continue;
            }
            let own = self.column(self.start(id));
            for (_, value) in self.pairs(id) {
                if self.style(value) != Style::Block {
                    continue;
                }
                let found = self.column(self.start(value)).checked_sub(own);
                match self.kind(value) {
                    Kind::Map => step = step.or(found),
                    _ => dash = dash.or(found),
                }
            }
            if step.is_some() && dash.is_some() {
                break;
            }
        }
        let step = step.filter(|&step| step > 0).unwrap_or(2);
        Layout { step, dash: dash.unwrap_or(0) }
    }

    pub(super) fn kind(&self, id: u32) -> Kind {
        self.tree.nodes[id as usize].kind
    }

    pub(super) fn style(&self, id: u32) -> Style {
        self.tree.nodes[id as usize].style
    }

    pub(super) fn flag(&self, id: u32, flag: u8) -> bool {
        self.tree.nodes[id as usize].flags & flag != 0
    }

    pub(super) fn start(&self, id: u32) -> usize {
        self.tree.nodes[id as usize].start as usize
    }

    /// Where the node's span ends; may lie behind blank lines when it ends in a block scalar.
    pub(super) fn end(&self, id: u32) -> usize {
        self.tree.nodes[id as usize].end as usize
    }

    /// Where the node's last visible character ends.
    pub(super) fn content_end(&self, id: u32) -> usize {
        let start = self.start(id);
        start + self.text[start..self.end(id)].trim_end().len()
    }

    /// The direct children, keys and values in turn for a mapping; an alias is itself.
    pub(super) fn children(&self, id: u32) -> Vec<u32> {
        let node = &self.tree.nodes[id as usize];
        let count = match node.kind {
            _ if node.style == Style::Alias => 0,
            Kind::Map => node.aux * 2,
            Kind::Seq => node.aux,
            _ => 0,
        };
        let mut at = id + 1;
        (0..count)
            .map(|_| {
                let child = at;
                at = self.tree.nodes[at as usize].next;
                child
            })
            .collect()
    }

    pub(super) fn pairs(&self, id: u32) -> Vec<(u32, u32)> {
        if self.kind(id) != Kind::Map {
            return Vec::new();
        }
        self.children(id).as_chunks::<2>().0.iter().map(|&[key, value]| (key, value)).collect()
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The end of the line without its line break.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline);
        if end > at && self.text[..end].ends_with('\r') { end - 1 } else { end }
    }

    /// Behind the line break of the line of `at`.
    pub(super) fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    pub(super) fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    /// What stands before `at` on its line.
    pub(super) fn before(&self, at: usize) -> &'a str {
        &self.text[self.line_start(at)..at]
    }

    /// What stands from `at` to the end of its line.
    pub(super) fn rest(&self, at: usize) -> &'a str {
        &self.text[at..self.line_end(at)]
    }

    /// The indentation of the line of `at`.
    pub(super) fn indentation(&self, at: usize) -> &'a str {
        let line = &self.text[self.line_start(at)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// Behind white space and comments.
    pub(super) fn skip_blank(&self, from: usize) -> usize {
        let mut at = from;
        loop {
            let rest = &self.text[at..];
            at += rest.len() - rest.trim_start().len();
            if !self.text[at..].starts_with('#') {
                return at;
            }
            at = self.line_end(at);
        }
    }

    /// True when the node ends in a block scalar that keeps its trailing blank lines.
    pub(super) fn keeps_blank_lines(&self, id: u32) -> bool {
        let last = self.tree.nodes[id as usize].next.saturating_sub(1).max(id);
        let header = self.text[self.start(last)..].lines().next().unwrap_or_default();
        self.style(last) == Style::BlockScalar
            && header.trim_start_matches(['|', '>']).chars().take(2).any(|c| c == '+')
    }
}
