//! From a line of rendered output to the line of its template.
//!
//! A template is no YAML, so it is read as lines: a rendered line is known by the keys above it, which a template holds in
//! the same order at growing indentation. Where values and control lines differ, the keys stay.

use rampart_document::Source;

/// The line (and the column of its first character) of `template` that line `line` of `rendered` came from: the only
/// line with equal text, else the line reached through the keys above it, from `kind:` on; `None` when neither is clear.
pub(crate) fn template_line(rendered: &Source, line: u32, template: &Source) -> Option<(u32, u32)> {
    let lines: Vec<&str> = (1..=template.line_count()).filter_map(|line| template.line(line)).collect();
    let wanted = rendered.line(line)?.trim();
    let found = only(&lines, |text| text == wanted)
        .or_else(|| through_keys(rendered, line, &lines))
        .or_else(|| only(&lines, |text| same_key(text, wanted)))?;
    Some((found as u32 + 1, indent(lines[found]) as u32 + 1))
}

/// The index of the one line that fits.
fn only(lines: &[&str], fits: impl Fn(&str) -> bool) -> Option<usize> {
    let mut hits = (0..lines.len()).filter(|&index| fits(lines[index].trim()));
    hits.next().filter(|_| hits.next().is_none())
}

/// Follows `kind:` and then the keys above the line, each the next one below the last that is indented deeper.
fn through_keys(rendered: &Source, line: u32, lines: &[&str]) -> Option<usize> {
    let above = ancestors(rendered, line);
    let kind = kind_line(rendered, line)?;
    let starts = (0..lines.len()).filter(|&index| lines[index].trim() == kind);
    let mut ends = starts.filter_map(|start| {
        let mut at = start;
        let mut depth: Option<usize> = None;
        for wanted in &above {
            let next = (at + 1..lines.len())
                .take_while(|&index| !lines[index].starts_with("---"))
                // A line that is indented less than the parent ends the parent.
                .take_while(|&index| {
                    depth.is_none_or(|depth| is_free(lines[index]) || indent(lines[index]) > depth)
                })
                .find(|&index| {
                    same_key(lines[index].trim(), wanted)
                        && (depth.is_some() || indent(lines[index]) == indent(lines[start]))
                })?;
            depth = Some(indent(lines[next]));
            at = next;
        }
        Some(at)
    });
    ends.next().filter(|_| ends.next().is_none())
}

/// The trimmed lines that open the blocks around a line, outermost first, the line itself last.
fn ancestors(rendered: &Source, line: u32) -> Vec<&str> {
    let Some(own) = rendered.line(line) else { return Vec::new() };
    let mut chain = vec![own.trim()];
    let mut depth = indent(own);
    for above in (1..line).rev().filter_map(|line| rendered.line(line)) {
        if above.starts_with("---") || depth == 0 {
            break;
        }
        if !is_free(above) && indent(above) < depth {
            depth = indent(above);
            chain.push(above.trim());
        }
    }
    chain.reverse();
    chain
}

/// The `kind: X` line of the document that holds a line.
fn kind_line(rendered: &Source, line: u32) -> Option<&str> {
    let lines = (1..=line).rev().filter_map(|line| rendered.line(line));
    lines.take_while(|text| !text.starts_with("---")).find(|text| text.starts_with("kind:")).map(str::trim)
}

/// Blank, a comment, or a line of template control alone: it belongs to no block.
fn is_free(line: &str) -> bool {
    let text = line.trim();
    text.is_empty() || text.starts_with('#') || (text.starts_with("{{") && text.ends_with("}}"))
}

/// Equal keys (`- name: web` and `- name: {{ .name }}` are), or equal text where there is no key.
fn same_key(a: &str, b: &str) -> bool {
    match (a.split_once(':'), b.split_once(':')) {
        (Some((a, _)), Some((b, _))) => a == b,
        _ => a == b,
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
{{- if .Values.on }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Values.name }}
spec:
  template:
    spec:
      {{- if .Values.security }}
      securityContext:
        runAsUser: 1000
      {{- end }}
      containers:
      - name: server
        securityContext:
          privileged: {{ .Values.privileged }}
        image: {{ .Values.image }}
---
kind: Service
metadata:
  name: {{ .Values.name }}
spec:
  type: {{ .Values.type }}
{{- end }}
";
    const RENDERED: &str = "\
---
# Source: demo/templates/all.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      securityContext:
        runAsUser: 1000
      containers:
      - name: server
        securityContext:
          privileged: true
        image: nginx
---
kind: Service
metadata:
  name: web
spec:
  type: NodePort
";

    #[test]
    fn keys_above_lead_to_the_line() {
        let (rendered, template) = (Source::new("r", RENDERED), Source::new("t", TEMPLATE));
        for (text, nth, want) in [
            ("  name: web", 0, Some(5)),
            ("  name: web", 1, Some(21)),
            ("          privileged: true", 0, Some(16)),
            ("        securityContext:", 0, Some(15)),
            ("      securityContext:", 0, Some(10)),
            ("        image: nginx", 0, Some(17)),
            ("  type: NodePort", 0, Some(23)),
            ("spec:", 1, Some(22)),
        ] {
            let line = (1..=rendered.line_count())
                .filter(|&line| rendered.line(line) == Some(text))
                .nth(nth)
                .unwrap();
            assert_eq!(template_line(&rendered, line, &template).map(|(line, _)| line), want, "{text} {nth}");
        }
    }
}
