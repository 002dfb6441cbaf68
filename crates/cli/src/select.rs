use std::collections::BTreeSet;

use anyhow::bail;
use rampart_rules::{Group, Profile, Rule, Settings, all, not_configured};
use rampart_schema::nearest;

/// The rules to run: those of the profile, or what `select` names, without what `ignore` names and what the settings
/// give nothing to compare with. `within`, the rules of frameworks that were asked for, limits all of that and takes the
/// profile's place.
pub(crate) fn rules(
    strict: bool,
    (select, ignore): (&[String], &[String]),
    within: Option<&BTreeSet<String>>,
    settings: &Settings,
    custom: &[(&str, &str)],
) -> anyhow::Result<Vec<&'static Rule>> {
    for word in select.iter().chain(ignore).filter(|word| !custom.iter().any(|(id, _)| id == word)) {
        check(word)?;
    }
    let any_custom = custom.iter().any(|own| takes(*own, (select, ignore), within));
    let named = |rule: &Rule, words: &[String]| {
        words.iter().any(|word| word == rule.id || word == rule.group.as_str())
    };
    let by_id = |rule: &Rule| select.iter().any(|word| word == rule.id);
    let in_profile = |rule: &Rule| match rule.profile {
        Profile::Default => true,
        Profile::Strict => strict || within.is_some(),
        Profile::Inventory => false,
    };
    let rules: Vec<_> = all()
        .filter(|rule| within.is_none_or(|within| within.contains(rule.id)))
        .filter(|rule| {
            if select.is_empty() {
                in_profile(rule)
            } else {
                by_id(rule) || (named(rule, select) && in_profile(rule))
            }
        })
        .filter(|rule| !named(rule, ignore))
        .collect();
    let (unable, rules): (Vec<_>, Vec<_>) =
        rules.into_iter().partition(|rule| not_configured(rule, settings).is_some());
    if any_custom {
        return Ok(rules);
    }
    if let ([], Some(missing)) = (&rules[..], unable.first().and_then(|rule| not_configured(rule, settings)))
    {
        bail!("`{}` has nothing to compare with; set {missing} in rampart.yaml", unable[0].id);
    }
    // A framework may have nothing but controls that a human looks at.
    if rules.is_empty() && within.is_none() {
        bail!("no rule is left to run; `rampart rules` lists them");
    }
    Ok(rules)
}

/// Whether a rule of the user's own, by id and group, is among those that are selected.
pub(crate) fn takes(
    (id, group): (&str, &str),
    (select, ignore): (&[String], &[String]),
    within: Option<&BTreeSet<String>>,
) -> bool {
    let named = |words: &[String]| words.iter().any(|word| word == id || word == group);
    (select.is_empty() || named(select)) && !named(ignore) && within.is_none_or(|within| within.contains(id))
}

/// The chosen rules and all inventory rules that are not ignored, in the registry's order.
pub(crate) fn with_inventory(chosen: &[&'static Rule], ignore: &[String]) -> Vec<&'static Rule> {
    let ignored = |rule: &Rule| ignore.iter().any(|word| word == rule.id || word == rule.group.as_str());
    let lists = |rule: &Rule| rule.profile == Profile::Inventory && !ignored(rule);
    all().filter(|rule| lists(rule) || chosen.iter().any(|one| one.id == rule.id)).collect()
}

fn check(word: &str) -> anyhow::Result<()> {
    if Group::parse(word).is_some() || rampart_rules::find(word).is_some() {
        return Ok(());
    }
    bail!("`{word}` is no rule and no group{}; `rampart rules` lists them", suggestion(word));
}

/// `; did you mean ...` for the nearest id, when one is near.
pub(crate) fn suggestion(word: &str) -> String {
    let names = all().map(|rule| rule.id).chain(Group::ALL.iter().map(|group| group.as_str()));
    nearest(word, names).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_near_ids_only() {
        assert_eq!(suggestion("priviliged"), "; did you mean `privileged`?");
        assert_eq!(suggestion("zzzzzz"), "");
    }

    #[test]
    fn selects_and_ignores() {
        let ids = |strict, select: &[&str], ignore: &[&str]| -> Vec<&str> {
            let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
            rules(strict, (&own(select), &own(ignore)), None, &Settings::default(), &[])
                .unwrap()
                .iter()
                .map(|rule| rule.id)
                .collect()
        };
        assert_eq!(ids(false, &["privileged"], &[]), ["privileged"]);
        assert!(!ids(false, &["workload"], &["privileged"]).contains(&"privileged"));
        assert!(ids(true, &[], &[]).len() >= ids(false, &[], &[]).len());
        let fails = |select: &str, ignore: &[String]| {
            rules(false, (&[select.to_owned()], ignore), None, &Settings::default(), &[]).is_err()
        };
        assert!(fails("nope", &[]));
        assert!(fails("registry-not-allowed", &[]));
        assert!(fails("privileged", &["privileged".to_owned()]));
        assert!(!ids(false, &["images"], &[]).contains(&"registry-not-allowed"));
        let own = [("team-label", "hygiene")];
        let alone =
            rules(false, (&["team-label".to_owned()], &[]), None, &Settings::default(), &own).unwrap();
        assert!(alone.is_empty(), "a rule of the user's own may run alone");
        assert!(!takes(own[0], (&["rbac".to_owned()], &[]), None));
        assert!(!takes(own[0], (&[], &["hygiene".to_owned()]), None));
        let lists = |ignore: &[&str]| {
            let ignore: Vec<String> = ignore.iter().map(|&word| word.to_owned()).collect();
            let chosen = [rampart_rules::find("privileged").unwrap()];
            with_inventory(&chosen, &ignore).iter().map(|rule| rule.id).collect::<Vec<_>>()
        };
        assert!(lists(&[]).contains(&"workload-reads-secrets") && lists(&[]).contains(&"privileged"));
        assert!(!lists(&["secrets"]).contains(&"workload-reads-secrets"));
    }
}
