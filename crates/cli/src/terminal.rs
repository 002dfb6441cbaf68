use std::io::IsTerminal as _;

use rampart_report::TextOptions;

/// Text options for standard output.
pub(crate) fn stdout(verbose: bool) -> TextOptions {
    let stdout = std::io::stdout();
    let color = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    TextOptions { color, width: width(stdout.is_terminal()), verbose }
}

/// Text options for standard error.
pub(crate) fn stderr() -> TextOptions {
    let stderr = std::io::stderr();
    let color = anstream::AutoStream::choice(&stderr) != anstream::ColorChoice::Never;
    TextOptions { color, width: width(stderr.is_terminal()), verbose: false }
}

/// Text options for a file.
pub(crate) fn file(verbose: bool) -> TextOptions {
    TextOptions { color: false, width: width(false), verbose }
}

/// Columns: of the terminal; what goes to a file or another program is not wrapped.
fn width(is_terminal: bool) -> usize {
    let known = terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0));
    if is_terminal { known.unwrap_or(100) } else { 10_000 }
}
