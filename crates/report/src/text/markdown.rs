use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use crate::text::TextOptions;
use crate::text::style::Styles;

/// Markdown laid out for a terminal: headings, wrapped paragraphs, lists, indented code.
pub fn markdown(text: &str, options: &TextOptions) -> String {
    let mut writer = Writer {
        styles: Styles::new(options.color),
        width: options.width.clamp(40, 100),
        out: String::new(),
        line: String::new(),
        code: None,
        heading: false,
        item: false,
    };
    for event in Parser::new(text) {
        writer.event(event);
    }
    writer.out
}

struct Writer {
    styles: Styles,
    width: usize,
    out: String,
    line: String,
    /// Inside a code block: its info string.
    code: Option<String>,
    heading: bool,
    item: bool,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { .. }) => self.heading = true,
            Event::Start(Tag::Item) => self.item = true,
            Event::Start(Tag::CodeBlock(kind)) => {
                self.flush();
                let info =
                    if let CodeBlockKind::Fenced(info) = kind { info.to_string() } else { String::new() };
                let label = info.strip_prefix("yaml ").unwrap_or(&info).to_owned();
                self.out.push_str(&format!("  {}\n", self.styles.dim.paint(&label)));
                self.code = Some(label);
            }
            Event::End(TagEnd::CodeBlock) => {
                self.code = None;
                self.out.push('\n');
            }
            Event::End(TagEnd::Heading(_)) => {
                let line = std::mem::take(&mut self.line);
                self.out.push_str(&format!("{}\n", self.styles.heading.paint(&line)));
                self.heading = false;
            }
            Event::End(TagEnd::Paragraph | TagEnd::Item) => self.flush(),
            Event::End(TagEnd::List(_)) => self.out.push('\n'),
            Event::Text(text) if self.code.is_some() => {
                text.lines().for_each(|line| self.out.push_str(&format!("    {line}\n")));
            }
            Event::Text(text) => self.line.push_str(&text),
            Event::Code(code) => self.line.push_str(&format!("`{code}`")),
            Event::SoftBreak | Event::HardBreak => self.line.push(' '),
            _ => {}
        }
    }

    /// Writes the collected paragraph or list item.
    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.trim().is_empty() || self.heading {
            return;
        }
        let (first, rest) = if self.item { ("  - ", "    ") } else { ("", "") };
        let wrap = textwrap::Options::new(self.width).initial_indent(first).subsequent_indent(rest);
        self.out.push_str(&textwrap::fill(&line, wrap));
        self.out.push_str(if self.item { "\n" } else { "\n\n" });
        self.item = false;
    }
}
