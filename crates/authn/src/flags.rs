//! The flags of kube-apiserver, from the container that runs it. Source: `spf13/pflag`.

use rampart_model::Container;

use crate::outcome::At;

/// One flag as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) value: String,
    pub(crate) at: At,
}

/// All flags in order.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    all: Vec<(String, Given)>,
    /// Why flags may be missing or different, if so.
    pub(crate) opaque: Option<&'static str>,
}

/// Flags that stand without a value.
const SWITCHES: [&str; 3] = ["anonymous-auth", "enable-bootstrap-token-auth", "service-account-lookup"];
const SHELLS: [&str; 4] = ["sh", "bash", "ash", "dash"];

impl Flags {
    /// The flags that a container gives kube-apiserver; `None` when it runs something else.
    pub(crate) fn of(container: &Container<'_>, root: &At) -> Option<Self> {
        let words: Vec<_> = container.words().collect();
        let named = |word: &str| word.rsplit('/').next() == Some("kube-apiserver");
        let shell =
            words.iter().any(|(.., word)| word.rsplit('/').next().is_some_and(|name| SHELLS.contains(&name)));
        let start = words.iter().position(|(.., word)| named(word));
        if shell {
            let runs = words.iter().any(|(.., word)| word.contains("kube-apiserver"));
            let why = "kube-apiserver is started by a shell script, so its flags cannot be read";
            return runs.then(|| Self { all: Vec::new(), opaque: Some(why) });
        }
        let image =
            container.image().is_some_and(|image| named(image.split(['@', ':']).next().unwrap_or(image)));
        let start = match start {
            Some(at) => at + 1,
            None if image && container.fields.command.is_none() => 0,
            None => return None,
        };
        let mut flags = Self::default();
        let mut rest = words.get(start..).unwrap_or(&[]).iter().peekable();
        while let Some((list, index, word)) = rest.next() {
            if *word == "--" {
                break;
            }
            let Some(flag) = word.strip_prefix("--") else { continue };
            let (name, inline) =
                flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
            let name = name.replace('_', "-");
            let value = match inline {
                Some(value) => value,
                None if SWITCHES.contains(&name.as_str()) => "true",
                None => rest.next().map_or("", |(.., value)| value),
            };
            if value.contains("$(") {
                flags.opaque = Some("an argument is filled in from the environment");
            }
            let at = root.key(list).index(*index);
            flags.all.push((name, Given { value: value.to_owned(), at }));
        }
        Some(flags)
    }

    /// The value that counts: of several the last.
    pub(crate) fn last(&self, name: &str) -> Option<&Given> {
        self.all.iter().rev().find(|(own, _)| own == name).map(|(_, given)| given)
    }

    /// All values, for flags that may be repeated.
    pub(crate) fn each<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Given> {
        self.all.iter().filter(move |(own, _)| own == name).map(|(_, given)| given)
    }

    /// A switch and where it is given; what is neither true nor false keeps the server from starting.
    pub(crate) fn switch(&self, name: &str, default: bool) -> (bool, Option<At>) {
        self.last(name).map_or((default, None), |given| {
            let on = matches!(given.value.as_str(), "1" | "t" | "T" | "TRUE" | "true" | "True");
            (on, Some(given.at.clone()))
        })
    }
}
