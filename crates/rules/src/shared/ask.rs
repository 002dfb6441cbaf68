//! How rules ask components for their flags and say what they cannot tell.

use std::borrow::Cow;

use rampart_document::{Edit, FieldPath};
use rampart_model::GroupKind;
use rampart_report::Fix;

use super::control_plane;
use crate::index::{Component, Configuration, Given, Setting};
use crate::{Context, Draft, Findings};

/// The answer is unknown, and why has been said.
#[derive(Debug)]
pub(crate) struct Unread;

/// A component under question.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'c, 'a> {
    /// The component.
    pub(crate) component: &'c Component<'a>,
    /// Everything else.
    pub(crate) context: &'c Context<'a>,
}

/// Asks every component that runs `program`.
pub(crate) fn each<'c, 'a>(
    context: &'c Context<'a>,
    program: &'static str,
    out: &mut Findings,
    mut check: impl FnMut(Asked<'c, 'a>, &mut Findings) -> Result<(), Unread>,
) {
    control_plane::each(context, program, out, |component, out| {
        // What could not be told has been said.
        let _ = check(Asked { component, context }, out);
    });
}

/// Adds a fix where one can be told.
pub(crate) fn mend(draft: &mut Draft, fix: Option<Fix>) -> &mut Draft {
    match fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}

/// A fix for review, unless its edits could not be told.
pub(crate) fn review(title: impl Into<Cow<'static, str>>, edits: Vec<Edit>) -> Option<Fix> {
    (!edits.is_empty()).then(|| Fix::review(title, edits))
}

impl<'c, 'a> Asked<'c, 'a> {
    /// The value of a flag, or that it is not given.
    pub(crate) fn value(self, name: &str, out: &mut Findings) -> Result<Option<Given<'c>>, Unread> {
        self.known(name, self.component.flag(name), out)
    }

    fn known(
        self,
        name: &str,
        setting: Setting<'c>,
        out: &mut Findings,
    ) -> Result<Option<Given<'c>>, Unread> {
        match setting {
            Setting::Unset => Ok(None),
            Setting::Given(given) => Ok(Some(given)),
            Setting::Unknown(reason) => {
                out.unknown(self.list(), format!("{} --{name} cannot be read: {reason}", self.program()));
                Err(Unread)
            }
        }
    }

    /// What a switch says, and where if it is given. Values as Go's `strconv.ParseBool` reads them.
    pub(crate) fn switch(
        self,
        name: &str,
        default: bool,
        out: &mut Findings,
    ) -> Result<(bool, Option<FieldPath>), Unread> {
        let Some(given) = self.known(name, self.component.switch(name), out)? else {
            return Ok((default, None));
        };
        match given.value {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok((true, Some(given.path))),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok((false, Some(given.path))),
            other => {
                out.unknown(given.path, format!("--{name}={other} is neither true nor false"));
                Err(Unread)
            }
        }
    }

    /// A whole number and where it is given.
    pub(crate) fn number(self, name: &str, out: &mut Findings) -> Result<Option<(i64, FieldPath)>, Unread> {
        let Some(given) = self.value(name, out)? else { return Ok(None) };
        match given.value.parse() {
            Ok(number) => Ok(Some((number, given.path))),
            Err(_) => {
                out.unknown(given.path, format!("--{name}={} is no whole number", given.value));
                Err(Unread)
            }
        }
    }

    /// The configuration file that a flag names, and where it is named; a file that is not in the input makes the answer
    /// unknown.
    pub(crate) fn file(
        self,
        kind: GroupKind<'static>,
        name: &str,
        out: &mut Findings,
    ) -> Result<Option<&'c Configuration<'a>>, Unread> {
        let Some(given) = self.value(name, out)? else { return Ok(None) };
        let found = self.context.configurations().of_file(kind, given.value);
        if found.is_none() {
            let what = format!("the {} `{}` is not in the input", kind.kind, given.value);
            out.unknown(given.path, what);
            return Err(Unread);
        }
        Ok(found)
    }

    /// Says that a switch stands where it should not, with the fix; nothing when it is right.
    pub(crate) fn must_be<'o>(
        self,
        want: bool,
        (name, default): (&'static str, bool),
        what: &str,
        out: &'o mut Findings,
    ) -> Result<Option<&'o mut Draft>, Unread> {
        let (is, path) = self.switch(name, default, out)?;
        if is == want {
            return Ok(None);
        }
        let how = match path {
            Some(_) => format!("--{name}={is}"),
            None => format!("--{name} is not set, which means {is}"),
        };
        let path = path.unwrap_or_else(|| self.list());
        let draft = out.fail(path, format!("{} {what} ({how})", self.program()));
        Ok(Some(mend(draft, self.set(name, &want.to_string()))))
    }

    /// Those of `names` that are not given.
    pub(crate) fn missing(
        self,
        names: &[&'static str],
        out: &mut Findings,
    ) -> Result<Vec<&'static str>, Unread> {
        let mut missing = Vec::new();
        for &name in names {
            if self.value(name, out)?.is_none() {
                missing.push(name);
            }
        }
        Ok(missing)
    }

    /// Says that the component runs without these flags, and what that means; nothing when none is missing.
    pub(crate) fn without<'o>(
        self,
        missing: &[&str],
        what: &str,
        out: &'o mut Findings,
    ) -> Option<&'o mut Draft> {
        if missing.is_empty() {
            return None;
        }
        let flags: Vec<String> = missing.iter().map(|name| format!("--{name}")).collect();
        let what = format!("{} runs without {}: {what}", self.program(), flags.join(" and "));
        Some(out.fail(self.list(), what))
    }

    /// Where the flags are listed.
    pub(crate) fn list(self) -> FieldPath {
        self.component.list(self.context.configurations())
    }

    /// Where a value is given, or where it would be.
    pub(crate) fn place(self, given: Option<&Given<'_>>) -> FieldPath {
        given.map_or_else(|| self.list(), |given| given.path.clone())
    }

    /// The component's name.
    pub(crate) fn program(self) -> &'static str {
        self.component.program
    }

    /// The fix that gives a flag a value.
    pub(crate) fn set(self, name: &str, value: &str) -> Option<Fix> {
        let edits = self.component.set(self.context.configurations(), name, value);
        review(format!("set --{name}={value}"), edits)
    }

    /// The fix that takes flags away; `switches` stand without a value.
    pub(crate) fn unset(self, names: &[&str], switches: bool) -> Option<Fix> {
        let configurations = self.context.configurations();
        let edits = |name: &&str| self.component.unset(configurations, name, switches);
        let mut edits: Vec<_> = names.iter().flat_map(edits).collect();
        // From the last place to the first, so that no removal moves another.
        edits.sort_by_key(|edit| std::cmp::Reverse(order(&edit.path)));
        review(format!("remove --{}", names.join(" and --")), edits)
    }
}

/// Paths by their list, then by their index as a number.
fn order(path: &FieldPath) -> (String, usize) {
    let text = path.as_str();
    let index = text
        .rsplit_once('[')
        .and_then(|(list, index)| Some((list.to_owned(), index.strip_suffix(']')?.parse().ok()?)));
    index.unwrap_or_else(|| (text.to_owned(), 0))
}
