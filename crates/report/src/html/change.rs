//! A fix as the lines of the file that go and come.

use rampart_document::{Replacement, Source, replacements};
use rampart_model::Origin;
use serde_json::{Value, json};

use crate::excerpt::is_key_only;
use crate::{Finding, ObjectChange, Report};

/// Longer lines (minified JSON) are not shown.
const MAX_LINE: usize = 400;
/// Lines of one fix that are shown.
const MAX_LINES: usize = 60;

/// `[[sign, line, text], …]` with the sign `-`, `+` or ` `; `None` where the file's text is not to be shown or does not
/// hold the finding. A line of context is shown only when it is a key alone: others could hold a secret.
pub(super) fn lines(report: &Report<'_>, finding: &Finding) -> Option<Vec<Value>> {
    let fix = finding.detail.fix.as_ref().filter(|_| !finding.detail.sensitive)?;
    let object = report.inventory.object(finding.object);
    if *object.origin() != Origin::File || object.kind() == "Secret" || !fix.objects.is_empty() {
        return None;
    }
    let source = object.source();
    let mut lines = Vec::new();
    for one in replacements(object.node(), &finding.edits()).ok()? {
        let hunk = Hunk::new(source, &one);
        if let Some(above) = hunk.first.checked_sub(1).and_then(|line| Some((line, source.line(line)?)))
            && is_key_only(above.1)
        {
            lines.push(json!([" ", above.0, above.1]));
        }
        lines.extend(hunk.old.iter().zip(hunk.first..).map(|(text, line)| json!(["-", line, text])));
        lines.extend(hunk.new.iter().zip(hunk.first..).map(|(text, line)| json!(["+", line, text])));
    }
    let long = |line: &Value| line[2].as_str().is_some_and(|text| text.len() > MAX_LINE);
    (!lines.is_empty() && lines.len() <= MAX_LINES && !lines.iter().any(long)).then_some(lines)
}

/// What a fix does to objects as a whole, in words.
pub(super) fn objects(report: &Report<'_>, finding: &Finding) -> Vec<String> {
    let changes = finding.detail.fix.iter().flat_map(|fix| &fix.objects);
    changes
        .map(|change| match change {
            ObjectChange::Edit { object, .. } => format!("changes {}", report.inventory.object(*object)),
            ObjectChange::Delete { object } => format!("deletes {}", report.inventory.object(*object)),
            ObjectChange::Create { manifest } => {
                let field = |value: &Value| value.as_str().unwrap_or("").to_owned();
                format!("creates {} {}", field(&manifest["kind"]), field(&manifest["metadata"]["name"]))
            }
        })
        .collect()
}

/// A replacement as whole lines.
struct Hunk {
    /// The first line, from 1.
    first: u32,
    old: Vec<String>,
    new: Vec<String>,
}

impl Hunk {
    fn new(source: &Source, one: &Replacement) -> Self {
        let text = source.text();
        let (start, end) = (one.span.start as usize, one.span.end as usize);
        let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let whole_lines = begin == start
            && (start == end || text[..end].ends_with('\n'))
            && (one.text.is_empty() || one.text.ends_with('\n'));
        let finish = if whole_lines { end } else { text[end..].find('\n').map_or(text.len(), |at| end + at) };
        let new = format!("{}{}{}", &text[begin..start], one.text, &text[end..finish]);
        let split = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        Self { first: source.position(begin as u32).line, old: split(&text[begin..finish]), new: split(&new) }
    }
}

#[cfg(test)]
mod tests {
    use rampart_document::Span;

    use super::*;

    #[test]
    fn parts_of_lines_become_whole_lines() {
        let source = Source::new("x", "a: 1\nb: true # c\nc: 3\n");
        let hunk = |start, end, text: &str| {
            let hunk =
                Hunk::new(&source, &Replacement { span: Span::new(start, end), text: text.to_owned() });
            (hunk.first, hunk.old.join("|"), hunk.new.join("|"))
        };
        assert_eq!(hunk(8, 12, "false"), (2, "b: true # c".to_owned(), "b: false # c".to_owned()));
        assert_eq!(hunk(5, 5, "x: 1\n"), (2, String::new(), "x: 1".to_owned()));
        assert_eq!(hunk(5, 17, ""), (2, "b: true # c".to_owned(), String::new()));
        assert_eq!(hunk(21, 21, "\nd: 4"), (3, "c: 3".to_owned(), "c: 3|d: 4".to_owned()));
    }
}
