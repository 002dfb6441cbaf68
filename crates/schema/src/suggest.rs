//! "Did you mean": the nearest name by edit distance.

/// The candidate that `name` most likely stands for: equal but for case, else within one edit for each three letters
/// (a swap of neighbours counts as one). Ties go to the first.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.eq_ignore_ascii_case(name) {
            return Some(candidate);
        }
        // A name of two letters is one edit from too much.
        if name.len() < 3 || name.len() > 64 || candidate.len().abs_diff(name.len()) > limit {
            continue;
        }
        let found = distance(name.as_bytes(), candidate.as_bytes());
        if found <= limit && best.is_none_or(|(known, _)| found < known) {
            best = Some((found, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance, capitals equal to small letters.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let same = |x: u8, y: u8| x.eq_ignore_ascii_case(&y);
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(!same(a[i - 1], b[j - 1]));
            let mut least = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]) {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let names = ["image", "imagePullPolicy", "name", "ports", "env", "envFrom", "livenessProbe"];
        for (typed, meant) in [
            ("Image", Some("image")),
            ("imgae", Some("image")),
            ("imagePullPolciy", Some("imagePullPolicy")),
            ("port", Some("ports")),
            ("livelinessProbe", Some("livenessProbe")),
            ("envfrom", Some("envFrom")),
            ("en", None),
            ("replicas", None),
        ] {
            assert_eq!(nearest(typed, names.into_iter()), meant, "{typed}");
        }
    }
}
