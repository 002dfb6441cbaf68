//! Command-line flags of a container, as the programs of Kubernetes read them.

use rampart_document::{Edit, FieldPath};
use rampart_model::{Container, ImageRef};

/// What is known of one flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag<'a> {
    /// Not given, so the program's default counts.
    Unset,
    /// Given; of several the last, which wins.
    Set(&'a str, Place),
    /// It cannot be told; the reason.
    Unknown(&'static str),
}

/// Where a flag stands in its container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    list: &'static str,
    index: usize,
    /// True when the value is the argument after this one.
    pub(crate) spaced: bool,
}

impl Place {
    /// The argument, from the pod template.
    pub(crate) fn path(self, container: &Container<'_>) -> FieldPath {
        container.root().key(self.list).index(self.index)
    }
}

/// One argument.
#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    list: &'static str,
    index: usize,
}

/// The flags that a container gives to a program. `--flag=value` and `--flag value` are read, `_` counts as `-`, the last
/// of equal flags wins, `--` ends them. Source: `spf13/pflag` and `k8s.io/component-base/cli/flag`.
#[derive(Debug)]
pub(crate) struct Flags<'a> {
    tokens: Vec<Token<'a>>,
    opaque: Option<&'static str>,
    /// True when `--` ends them, so that none can be added at the end.
    ended: bool,
}

const SHELLS: [&str; 6] = ["sh", "bash", "ash", "dash", "zsh", "ksh"];
const BY_SHELL: &str = "the program is started by a shell script, so its flags cannot be read";
const EXPANDED: &str = "an argument is filled in from the environment";

impl<'a> Flags<'a> {
    /// The flags of a container whose image knows its program (`command` may be absent).
    pub(crate) fn of(container: &Container<'a>) -> Self {
        let tokens = tokens(container);
        let shell = tokens.iter().any(|token| SHELLS.contains(&base(token.text)));
        Self::new(tokens, shell.then_some(BY_SHELL))
    }

    /// The flags given to `program`, when the container runs it: directly, behind a wrapper such as `/go-runner`, as
    /// `hyperkube`'s command, or as the program of an image of that name.
    pub(crate) fn of_program(container: &Container<'a>, program: &str) -> Option<Self> {
        let mut tokens = tokens(container);
        let shell = tokens.iter().any(|token| SHELLS.contains(&base(token.text)));
        if shell {
            let started = tokens.iter().any(|token| token.text.contains(program));
            return started.then(|| Self::new(Vec::new(), Some(BY_SHELL)));
        }
        let short = program.strip_prefix("kube-").unwrap_or(program);
        let at = tokens.iter().enumerate().position(|(index, token)| {
            let behind_hyperkube = index > 0 && base(tokens[index - 1].text) == "hyperkube";
            !token.text.starts_with('-')
                && (base(token.text) == program || (behind_hyperkube && token.text == short))
        });
        match at {
            Some(at) => Some(Self::new(tokens.split_off(at + 1), None)),
            None => {
                let image = container.image().and_then(ImageRef::parse)?;
                (container.fields.command.is_none() && image.name() == program)
                    .then(|| Self::new(tokens, None))
            }
        }
    }

    fn new(mut tokens: Vec<Token<'a>>, opaque: Option<&'static str>) -> Self {
        let end = tokens.iter().position(|token| token.text == "--");
        tokens.truncate(end.unwrap_or(tokens.len()));
        // A whole argument from the environment may be any flag.
        let expanded = tokens.iter().any(|token| token.text.starts_with("$("));
        Self { tokens, opaque: opaque.or(expanded.then_some(EXPANDED)), ended: end.is_some() }
    }

    /// The value of a flag that takes one; `name` without dashes in front.
    pub(crate) fn value(&self, name: &str) -> Flag<'a> {
        let next = |at: usize| self.tokens.get(at + 1).map(|token| token.text);
        self.read(name, |inline, at| inline.or_else(|| next(at)))
    }

    /// The value of a flag that means true when it stands alone.
    pub(crate) fn switch(&self, name: &str) -> Flag<'a> {
        self.read(name, |inline, _| inline.or(Some("true")))
    }

    fn read(&self, name: &str, value: impl Fn(Option<&'a str>, usize) -> Option<&'a str>) -> Flag<'a> {
        let Some((at, inline)) = self.given(name).next() else {
            return self.opaque.map_or(Flag::Unset, Flag::Unknown);
        };
        let token = &self.tokens[at];
        let place = Place { list: token.list, index: token.index, spaced: inline.is_none() };
        match value(inline, at) {
            _ if self.opaque.is_some() => Flag::Unknown(self.opaque.unwrap_or(EXPANDED)),
            Some(value) if value.contains("$(") => Flag::Unknown(EXPANDED),
            Some(value) => Flag::Set(value, place),
            None => Flag::Unknown("the flag has no value"),
        }
    }

    /// Where a flag is given, last first, with the value behind its `=`.
    fn given(&self, name: &str) -> impl Iterator<Item = (usize, Option<&'a str>)> {
        self.tokens.iter().enumerate().rev().filter_map(move |(at, token)| {
            let flag = token.text.strip_prefix("--")?;
            let (own, value) = flag.split_once('=').map_or((flag, None), |(own, value)| (own, Some(value)));
            same_name(own, name).then_some((at, value))
        })
    }

    /// Edits from the pod template that give a flag this value, by changing the one that counts or adding one at the end;
    /// none when they cannot be told.
    pub(crate) fn set(&self, container: &Container<'_>, name: &str, value: &str) -> Vec<Edit> {
        let text = format!("--{name}={value}");
        match self.given(name).next() {
            _ if self.opaque.is_some() => Vec::new(),
            Some((at, inline)) => {
                // Of two arguments, the flag keeps its own; a switch that stands alone gets a value.
                let follows = self.tokens.get(at + 1).filter(|next| !next.text.starts_with('-'));
                match follows.filter(|_| inline.is_none()) {
                    Some(next) => vec![Edit::set(next.path(container), value)],
                    None => vec![Edit::set(self.tokens[at].path(container), text)],
                }
            }
            None if self.ended => Vec::new(),
            None => {
                let args = container.fields.args.is_some() || container.fields.command.is_none();
                vec![Edit::append(container.root().key(if args { "args" } else { "command" }), text)]
            }
        }
    }

    /// Edits from the pod template that take a flag away wherever it is given; none when they cannot be told.
    pub(crate) fn unset(&self, container: &Container<'_>, name: &str, switch: bool) -> Vec<Edit> {
        let mut edits = Vec::new();
        if self.opaque.is_none() {
            for (at, inline) in self.given(name) {
                let value = self.tokens.get(at + 1).filter(|_| inline.is_none() && !switch);
                let gone = value.into_iter().chain([&self.tokens[at]]);
                edits.extend(gone.map(|token| Edit::remove(token.path(container))));
            }
        }
        edits
    }
}

impl Token<'_> {
    fn path(&self, container: &Container<'_>) -> FieldPath {
        container.root().key(self.list).index(self.index)
    }
}

fn tokens<'a>(container: &Container<'a>) -> Vec<Token<'a>> {
    let list = |node, list| container.argv(node).map(move |(index, text)| Token { text, list, index });
    list(container.fields.command, "command").chain(list(container.fields.args, "args")).collect()
}

fn base(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

fn same_name(written: &str, name: &str) -> bool {
    written.len() == name.len()
        && written.bytes().zip(name.bytes()).all(|(a, b)| a == b || (a == b'_' && b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rampart_document::{Limits, Source, parse_yaml};
    use rampart_model::{Carriers, InventoryBuilder, Origin};

    fn read(fields: &str, program: &str, flag: &str) -> Option<String> {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: c, {fields}}}]}}\n"
        );
        let mut builder = InventoryBuilder::new();
        builder.unit(parse_yaml(&Source::new("t", text), &Limits::default()).tree, Origin::File);
        let inventory = builder.build().0;
        let pod = Carriers::default().pod(inventory.objects().next()?)?;
        let container = pod.containers().first().copied()?;
        Some(match Flags::of_program(&container, program)?.value(flag) {
            Flag::Unset => "unset".to_owned(),
            Flag::Set(value, place) => format!("{value} at {}", place.path(&container)),
            Flag::Unknown(_) => "unknown".to_owned(),
        })
    }

    #[test]
    fn reads_flags_as_the_programs_do() {
        let at = |list: &str, index: usize| format!("x at spec.containers[0].{list}[{index}]");
        for (fields, want) in [
            ("command: [kube-apiserver, --a=x]", Some(at("command", 1))),
            ("command: [/usr/bin/kube-apiserver], args: [--a, x]", Some(at("args", 0))),
            ("command: [kube-apiserver, --a=y, --a=x]", Some(at("command", 2))),
            ("command: [/go-runner, --log=l, kube-apiserver, --a=x]", Some(at("command", 3))),
            ("command: [/hyperkube, apiserver, --a=x]", Some(at("command", 2))),
            ("image: registry.k8s.io/kube-apiserver:v1, args: [--a=x]", Some(at("args", 0))),
            ("command: [kube-apiserver, --b=x]", Some("unset".to_owned())),
            ("command: [kube-apiserver, --, --a=x]", Some("unset".to_owned())),
            ("command: [kube-apiserver, $(EXTRA)]", Some("unknown".to_owned())),
            ("command: [kube-apiserver, --a=$(A)]", Some("unknown".to_owned())),
            ("command: [kube-apiserver, --a]", Some("unknown".to_owned())),
            ("command: [sh, -c, exec kube-apiserver --a=x]", Some("unknown".to_owned())),
            ("command: [sh, -c, exec nginx]", None),
            ("command: [nginx], image: kube-apiserver", None),
        ] {
            assert_eq!(read(fields, "kube-apiserver", "a"), want, "{fields}");
        }
        assert_eq!(
            read("command: [kube-apiserver, --a_b=x]", "kube-apiserver", "a-b"),
            Some(at("command", 1)),
            "underscores are dashes"
        );
    }
}
