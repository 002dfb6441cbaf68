use anstyle::{AnsiColor, Color, Style};

use crate::Severity;

/// One way of painting text; paints nothing when colours are off.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(Style);

impl Paint {
    pub(super) fn paint(self, text: &str) -> String {
        format!("{}{text}{}", self.0.render(), self.0.render_reset())
    }
}

/// The colours of the text output. Colour never carries meaning alone: the word is always there too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Styles {
    on: bool,
    pub(super) heading: Paint,
    pub(super) dim: Paint,
    pub(super) unknown: Paint,
}

impl Styles {
    pub(super) fn new(on: bool) -> Self {
        let style = |style: Style| Paint(if on { style } else { Style::new() });
        Self {
            on,
            heading: style(Style::new().bold()),
            dim: style(Style::new().dimmed()),
            unknown: style(foreground(AnsiColor::Cyan)),
        }
    }

    pub(super) fn severity(self, severity: Severity) -> Paint {
        let style = match severity {
            Severity::Critical => foreground(AnsiColor::Red).bold().invert(),
            Severity::High => foreground(AnsiColor::Red).bold(),
            Severity::Medium => foreground(AnsiColor::Yellow),
            Severity::Low => foreground(AnsiColor::Blue),
            Severity::Info => Style::new().dimmed(),
        };
        Paint(if self.on { style } else { Style::new() })
    }

    pub(super) fn on(self) -> bool {
        self.on
    }
}

fn foreground(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}
