/// Where files are, seen from the tools that read reports: they know paths from the root of the repository only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Base {
    /// Absolute path of the repository's root (or of the working directory outside of one), with `/`; empty when not
    /// known, and then paths stay as the user gave them.
    pub root: String,
    /// Absolute path of the directory from which paths were given, with `/`.
    pub directory: String,
}

impl Base {
    /// The path from the root, with `/` and without `.` and `..`; an absolute path for what is outside.
    pub fn path(&self, name: &str) -> String {
        let name = if cfg!(windows) { name.replace('\\', "/") } else { name.to_owned() };
        // Standard input has no place.
        if self.root.is_empty() || name == "-" {
            return normal(&name);
        }
        let whole =
            if is_absolute(&name) { normal(&name) } else { normal(&format!("{}/{name}", self.directory)) };
        let below =
            whole.strip_prefix(self.root.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
        below.map_or_else(|| whole.clone(), str::to_owned)
    }

    /// [`Self::path`] as a URI reference; the flag says whether it is relative to the root.
    pub(crate) fn uri(&self, name: &str) -> (String, bool) {
        let path = self.path(name);
        if is_absolute(&path) {
            let slash = if path.starts_with('/') { "" } else { "/" };
            return (format!("file://{slash}{}", encoded(&path)), false);
        }
        (encoded(&path), true)
    }

    /// The root as a URI that ends in `/`; `None` when it is not known.
    pub(crate) fn root_uri(&self) -> Option<String> {
        let slash = if self.root.starts_with('/') { "" } else { "/" };
        (!self.root.is_empty())
            .then(|| format!("file://{slash}{}/", encoded(self.root.trim_end_matches('/'))))
    }
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || (cfg!(windows) && path.as_bytes().get(1) == Some(&b':'))
}

/// Without `.`, `..` where a parent is known, and doubled separators.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// Percent-encoded as a path of a URI; a first part with `:` would read as a scheme.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/'
            | b'@'
            | b'+'
            | b'=' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_the_root() {
        let base = Base { root: "/src/shop".to_owned(), directory: "/src/shop/deploy".to_owned() };
        for (name, path, uri) in [
            ("a.yaml", "deploy/a.yaml", "deploy/a.yaml"),
            ("./x//a b.yaml", "deploy/x/a b.yaml", "deploy/x/a%20b.yaml"),
            ("../a:b.yaml", "a:b.yaml", "a%3Ab.yaml"),
            ("../../out.yaml", "/src/out.yaml", "file:///src/out.yaml"),
            ("/src/shop/x.yaml", "x.yaml", "x.yaml"),
            ("/src/shopping/x.yaml", "/src/shopping/x.yaml", "file:///src/shopping/x.yaml"),
            ("-", "-", "-"),
        ] {
            assert_eq!((base.path(name).as_str(), base.uri(name).0.as_str()), (path, uri), "{name}");
        }
        assert_eq!(base.root_uri().as_deref(), Some("file:///src/shop/"));
        assert_eq!(Base::default().path("./../a/./b"), "../a/b");
    }
}
