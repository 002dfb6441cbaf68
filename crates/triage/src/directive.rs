use crate::RuleNames;

/// `rule-id[, rule-id] -- reason`: what stands behind `rampart:ignore` and in `rampart.dev/ignore`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) rules: Vec<String>,
    pub(crate) reason: String,
}

/// What is wrong with a directive, in one sentence without a final stop.
pub(crate) type Wrong = String;

impl Directive {
    /// Reads a directive; rules that do not exist are left out and told.
    pub(crate) fn parse(text: &str, names: &RuleNames) -> (Option<Self>, Vec<Wrong>) {
        let Some((rules, reason)) = split(text) else {
            return (None, vec!["an ignore needs a reason and has no effect without".to_owned()]);
        };
        if reason.is_empty() {
            return (None, vec!["the reason of an ignore is empty, so it has no effect".to_owned()]);
        }
        let words: Vec<&str> =
            rules.split([',', ' ', '\t']).map(str::trim).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return (None, vec!["an ignore names its rules and has no effect without".to_owned()]);
        }
        let (known, unknown): (Vec<&str>, Vec<&str>) =
            words.into_iter().partition(|word| names.is_rule(word));
        let wrong =
            unknown.iter().map(|word| format!("`{word}` is no rule{}", names.suggestion(word))).collect();
        let rules: Vec<String> = known.into_iter().map(str::to_owned).collect();
        let directive = (!rules.is_empty()).then(|| Self { rules, reason: reason.to_owned() });
        (directive, wrong)
    }
}

/// Rules and reason: what stands before and behind the first ` -- `.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.match_indices("--").map(|(at, _)| at).find(|&at| {
        let before = text[..at].chars().next_back().is_none_or(char::is_whitespace);
        let after = text[at + 2..].chars().next().is_none_or(char::is_whitespace);
        before && after
    })?;
    Some((text[..at].trim(), text[at + 2..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_reason_are_needed() {
        let names = RuleNames::new([("privileged", "workload"), ("host-pid", "workload")]);
        let read = |text: &str| Directive::parse(text, &names);
        let (directive, wrong) = read("privileged, host-pid -- agent -- see SEC-1");
        assert_eq!(directive.unwrap().rules, ["privileged", "host-pid"]);
        assert!(wrong.is_empty());
        assert_eq!(read("host-pid -- a -- b").0.unwrap().reason, "a -- b");
        for (text, works, say) in [
            ("privileged", false, "needs a reason"),
            ("privileged --", false, "is empty"),
            ("-- because", false, "names its rules"),
            ("priviliged -- because", false, "did you mean `privileged`?"),
            ("nonsense-rule-x host-pid -- because", true, "`nonsense-rule-x` is no rule"),
        ] {
            let (directive, wrong) = read(text);
            assert_eq!(directive.is_some(), works, "{text}");
            assert!(wrong[0].contains(say), "{text}: {wrong:?}");
        }
    }
}
