/// An image reference in parts, with Docker Hub's defaults filled in.
/// Grammar: `github.com/distribution/reference`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef<'a> {
    /// Registry host with its port; `docker.io` when the reference names none.
    pub registry: &'a str,
    /// Path in the registry as written (without `library/`).
    pub path: &'a str,
    /// Tag as written.
    pub tag: Option<&'a str>,
    /// Digest as written, e.g. `sha256:…`; only a well-formed one.
    pub digest: Option<&'a str>,
}

impl<'a> ImageRef<'a> {
    /// Reads a reference; `None` when it is not one (upper case in the path, empty parts, …).
    pub fn parse(text: &'a str) -> Option<Self> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match rest[slash..].split_once(':') {
            Some((last, tag)) => (&rest[..slash + last.len()], Some(tag)),
            None => (rest, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return None;
        }
        let (registry, path) = match name.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path),
            _ => ("docker.io", name),
        };
        let components_ok = path.split('/').all(is_component);
        let digest_ok = digest.is_none_or(|digest| digest.contains(':'));
        (components_ok && digest_ok && !registry.is_empty()).then_some(Self {
            registry,
            path,
            tag,
            digest: digest.filter(|digest| is_digest(digest)),
        })
    }

    /// `registry/path` with `library/` filled in for Docker Hub's official images.
    pub fn repository(&self) -> String {
        if self.registry == "docker.io" && !self.path.contains('/') {
            format!("docker.io/library/{}", self.path)
        } else {
            format!("{}/{}", self.registry, self.path)
        }
    }

    /// The last component of the path: `nginx` of `docker.io/library/nginx`.
    pub fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

fn is_component(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'))
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
        && text.as_bytes().last().is_some_and(u8::is_ascii_alphanumeric)
}

fn is_tag(text: &str) -> bool {
    let first = text.as_bytes().first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    first
        && text.len() <= 128
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

fn is_digest(text: &str) -> bool {
    let (length, hex) = match text.split_once(':') {
        Some(("sha256", hex)) => (64, hex),
        Some(("sha512", hex)) => (128, hex),
        _ => return false,
    };
    hex.len() == length && hex.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_references() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let pinned = format!("ghcr.io/o/app:1@{digest}");
        for (text, registry, path, tag, has_digest) in [
            ("nginx", "docker.io", "nginx", None, false),
            ("nginx:1.27", "docker.io", "nginx", Some("1.27"), false),
            ("localhost:5000/a/b", "localhost:5000", "a/b", None, false),
            ("team/app:latest", "docker.io", "team/app", Some("latest"), false),
            (&pinned, "ghcr.io", "o/app", Some("1"), true),
            ("a.io/b@sha256:short", "a.io", "b", None, false),
        ] {
            let image = ImageRef::parse(text).unwrap();
            assert_eq!(
                (image.registry, image.path, image.tag, image.digest.is_some()),
                (registry, path, tag, has_digest)
            );
        }
        for text in ["", "Nginx", "a//b", "a:", "a@b", "a:b:c", ":tag", "-a"] {
            assert!(ImageRef::parse(text).is_none(), "{text}");
        }
        assert_eq!(ImageRef::parse("redis").unwrap().repository(), "docker.io/library/redis");
    }
}
