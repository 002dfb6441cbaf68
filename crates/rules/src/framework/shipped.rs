use rampart_document::Source;

use super::Framework;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// The frameworks of the binary: name and file, in the order in which they are listed.
        pub static SHIPPED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../frameworks/", $name, ".yaml")))),*];
    };
}

files![
    "cis",
    "pss-baseline",
    "pss-restricted",
    "nsa",
    "mitre",
    "owasp",
    "soc2",
    "pci-dss",
    "iso-27001",
    "hipaa",
];

/// The framework of the binary with this name. A test reads them all, so that none is ever missing for being broken.
pub fn shipped(name: &str) -> Option<Framework> {
    let (name, text) = SHIPPED.iter().find(|(id, _)| *id == name)?;
    Framework::parse(&Source::new(format!("{name}.yaml"), *text), &|_| false).ok()
}
