use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use rampart_document::unified_diff;
use rampart_repair::FileChange;
use rampart_report::TextOptions;

/// Writes changes as a patch that `git apply` and `patch -p1` take.
pub(crate) fn write_diff(files: &[FileChange], options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    for file in files {
        let name = file.name.trim_start_matches("./").trim_start_matches('/');
        let (old, new) = (file.old.as_deref().unwrap_or(""), file.new.as_deref().unwrap_or(""));
        let diff = unified_diff(old, new, name);
        // A file that comes or goes has no other side.
        let diff = match (&file.old, &file.new) {
            (None, _) => diff.replacen(&format!("--- a/{name}"), "--- /dev/null", 1),
            (_, None) => diff.replacen(&format!("+++ b/{name}"), "+++ /dev/null", 1),
            _ => diff,
        };
        if !options.color {
            out.write_all(diff.as_bytes())?;
            continue;
        }
        for line in diff.split_inclusive('\n') {
            let style = style_of(line);
            let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
            write!(out, "{style}{text}{style:#}{end}")?;
        }
    }
    Ok(())
}

fn style_of(line: &str) -> Style {
    match line.as_bytes().first() {
        _ if line.starts_with("---") || line.starts_with("+++") => Style::new().bold(),
        Some(b'+') => AnsiColor::Green.on_default(),
        Some(b'-') => AnsiColor::Red.on_default(),
        Some(b'@') => AnsiColor::Cyan.on_default(),
        _ => Style::new(),
    }
}
