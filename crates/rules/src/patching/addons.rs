//! The shipped list of add-ons with known vulnerabilities, and which of them an image of a version has.

use std::cmp::Ordering;
use std::sync::LazyLock;

use rampart_model::ImageRef;
use rustc_hash::FxHashMap;

/// Its head explains the format.
const TEXT: &str = include_str!("../../data/addons.txt");

static ADDONS: LazyLock<Addons> = LazyLock::new(|| Addons::read(TEXT));

#[derive(Default)]
struct Addons {
    /// Products by the path of an image that their project builds.
    paths: FxHashMap<&'static str, &'static str>,
    /// Products by the name of images that others build.
    names: FxHashMap<&'static str, &'static str>,
    advisories: FxHashMap<&'static str, Vec<Advisory>>,
}

/// A known vulnerability.
pub(super) struct Advisory {
    /// Its identifier, mostly a CVE.
    pub(super) id: &'static str,
    ranges: Vec<(Release, Release)>,
}

/// What an image is, as far as its reference tells.
pub(super) enum Known {
    /// This product in this version.
    Version(&'static str, Release),
    /// This product; why its version cannot be told.
    Unclear(&'static str, &'static str),
}

/// A version as releases are tagged: three numbers and perhaps a pre-release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    numbers: [u32; 3],
    before: Option<String>,
}

impl Addons {
    fn read(text: &'static str) -> Self {
        let mut all = Self::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            let (kind, product, name) = (words.next(), words.next(), words.next());
            let (Some(product), Some(name)) = (product, name) else { continue };
            match kind {
                Some("I") => drop(all.paths.insert(name, product)),
                Some("N") => drop(all.names.insert(name, product)),
                Some("A") => {
                    let range = |word: &str| {
                        let (first, fixed) = word.split_once("..")?;
                        Some((Release::parse(first)?, Release::parse(fixed)?))
                    };
                    let ranges = words.skip(1).filter_map(range).collect();
                    all.advisories.entry(product).or_default().push(Advisory { id: name, ranges });
                }
                _ => {}
            }
        }
        all
    }
}

/// The add-on that an image is; `None` for everything else.
pub(super) fn known(image: &ImageRef<'_>) -> Option<Known> {
    let addons = &*ADDONS;
    // A mirror puts a prefix before the path of the project.
    let mut path = image.path;
    let official = loop {
        match (addons.paths.get(path), path.split_once('/')) {
            (Some(product), _) => break Some(*product),
            (None, Some((_, rest))) => path = rest,
            (None, None) => break None,
        }
    };
    let Some(product) = official else {
        let product = addons.names.get(image.name())?;
        return Some(Known::Unclear(product, "others than its project built it"));
    };
    let Some(tag) = image.tag else {
        let why = if image.digest.is_some() { "it is named by digest only" } else { "it has no tag" };
        return Some(Known::Unclear(product, why));
    };
    Some(match Release::parse(tag) {
        Some(version) => Known::Version(product, version),
        None => Known::Unclear(product, "its tag is no full version"),
    })
}

/// The advisories about a version of a product, with the release that mends each.
pub(super) fn advisories(
    product: &str,
    version: &Release,
) -> impl Iterator<Item = (&'static Advisory, &'static Release)> {
    let all = ADDONS.advisories.get(product).map_or(&[][..], Vec::as_slice);
    all.iter().filter_map(|advisory| {
        let range = advisory.ranges.iter().find(|(first, fixed)| {
            version.compare(first) != Ordering::Less && version.compare(fixed) == Ordering::Less
        })?;
        Some((advisory, &range.1))
    })
}

impl Release {
    /// Reads `v1.2.3`, `1.2.3-rc.1` and variants of a release such as `1.2.3-alpine`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (core, suffix) = match text.split_once('-') {
            Some((core, suffix)) => (core, Some(suffix)),
            None => (text, None),
        };
        let mut parts = core.split('.');
        let mut number = || {
            let part = parts.next()?;
            (!part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?
        };
        let numbers = [number()?, number()?, number()?];
        let is_before = |suffix: &&str| {
            ["alpha", "beta", "rc", "pre", "snapshot"].iter().any(|word| suffix.starts_with(word))
        };
        let before = suffix.filter(is_before).map(str::to_owned);
        parts.next().is_none().then_some(Self { numbers, before })
    }

    /// Order of semantic versioning.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (&self.before, &other.before) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => compare_parts(a, b),
        })
    }
}

fn compare_parts(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u32>(), b.parse::<u32>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        self.before.iter().try_for_each(|before| write!(f, "-{before}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_read() {
        let lines = |kind: &str| TEXT.lines().filter(|line| line.starts_with(kind)).count();
        let all = &*ADDONS;
        assert_eq!(all.paths.len(), lines("I "));
        assert_eq!(all.names.len(), lines("N "));
        let advisories: Vec<&Advisory> = all.advisories.values().flatten().collect();
        assert_eq!(advisories.len(), lines("A "));
        let ranges =
            TEXT.lines().filter(|line| line.starts_with("A ")).map(|line| line.split(' ').count() - 4);
        assert_eq!(advisories.iter().map(|one| one.ranges.len()).sum::<usize>(), ranges.sum::<usize>());
        let ordered = |(first, fixed): &(Release, Release)| first.compare(fixed) == Ordering::Less;
        assert!(advisories.iter().all(|one| !one.ranges.is_empty() && one.ranges.iter().all(ordered)));
    }

    #[test]
    fn versions_are_ordered() {
        let versions = [
            "1.2.3-alpha.1",
            "1.2.3-beta.0",
            "v1.2.3-rc.2",
            "1.2.3-rc.10",
            "1.2.3",
            "1.2.10-alpine",
            "1.10.0",
        ];
        for pair in versions.windows(2) {
            let (a, b) = (Release::parse(pair[0]).unwrap(), Release::parse(pair[1]).unwrap());
            assert_eq!((a.compare(&b), b.compare(&a)), (Ordering::Less, Ordering::Greater), "{pair:?}");
        }
        for text in ["latest", "1.2", "1.2.3.4", "1.x.3", ""] {
            assert_eq!(Release::parse(text), None, "{text}");
        }
    }
}
