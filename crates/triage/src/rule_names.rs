use std::collections::{BTreeMap, BTreeSet};

use rampart_schema::nearest;

/// The rules that exist and those that ran.
#[derive(Debug, Clone, Default)]
pub struct RuleNames {
    /// Rule to its group.
    groups: BTreeMap<String, String>,
    ran: BTreeSet<String>,
}

impl RuleNames {
    /// Rules as id and group.
    pub fn new<'a>(rules: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let groups = rules.into_iter().map(|(id, group)| (id.to_owned(), group.to_owned())).collect();
        Self { groups, ran: BTreeSet::new() }
    }

    /// The same with these rules as those that ran: what is said about others is not called unused.
    #[must_use]
    pub fn ran<'a>(mut self, ids: impl IntoIterator<Item = &'a str>) -> Self {
        self.ran = ids.into_iter().map(str::to_owned).collect();
        self
    }

    /// True for ids of rules.
    pub fn is_rule(&self, word: &str) -> bool {
        self.groups.contains_key(word)
    }

    /// True for names of groups.
    pub fn is_group(&self, word: &str) -> bool {
        self.groups.values().any(|group| group == word)
    }

    /// True when `word` (an id, a group, or `*`) means the rule.
    pub(crate) fn means(&self, word: &str, rule: &str) -> bool {
        word == "*" || word == rule || self.groups.get(rule).is_some_and(|group| group == word)
    }

    /// True when every rule that `word` means ran.
    pub(crate) fn all_ran(&self, word: &str) -> bool {
        self.groups.keys().filter(|rule| self.means(word, rule)).all(|rule| self.ran.contains(rule))
    }

    /// `; did you mean ...?` for the nearest rule, when one is near.
    pub(crate) fn suggestion(&self, word: &str) -> String {
        nearest(word, self.groups.keys().map(String::as_str))
            .map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
    }
}
