use std::fmt;

/// A type, as far as it is known before a value is there. Elements of lists and maps are always dynamic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// Known only when there is a value: everything that comes from an object.
    Dyn,
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// 64-bit integer with a sign.
    Int,
    /// 64-bit integer without a sign.
    Uint,
    /// 64-bit floating point number.
    Double,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// List.
    List,
    /// Mapping.
    Map,
    /// Length of time.
    Duration,
    /// Point in time.
    Timestamp,
    /// A type as a value.
    Type,
    /// A value that may be absent.
    Optional,
    /// Resource quantity such as `1.5Gi`.
    Quantity,
    /// URL.
    Url,
    /// IP address.
    Ip,
    /// Range of IP addresses.
    Cidr,
    /// Semantic version.
    Semver,
}

impl Type {
    /// Types that expressions can name.
    pub(crate) const NAMED: [(&'static str, Self); 11] = [
        ("bool", Self::Bool),
        ("bytes", Self::Bytes),
        ("double", Self::Double),
        ("dyn", Self::Dyn),
        ("int", Self::Int),
        ("list", Self::List),
        ("map", Self::Map),
        ("null_type", Self::Null),
        ("string", Self::String),
        ("type", Self::Type),
        ("uint", Self::Uint),
    ];

    /// Its name in CEL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dyn => "dyn",
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::List => "list",
            Self::Map => "map",
            Self::Duration => "google.protobuf.Duration",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Type => "type",
            Self::Optional => "optional_type",
            Self::Quantity => "kubernetes.Quantity",
            Self::Url => "kubernetes.URL",
            Self::Ip => "net.IP",
            Self::Cidr => "net.CIDR",
            Self::Semver => "kubernetes.Semver",
        }
    }

    /// True when a value of this type may be used where `wanted` is.
    pub(crate) fn fits(self, wanted: Self) -> bool {
        self == Self::Dyn || wanted == Self::Dyn || self == wanted
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
