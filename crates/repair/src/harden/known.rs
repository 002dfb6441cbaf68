//! What is known of programs that many run from their own images.

use rampart_model::ImageRef;

/// Directories that the images of the Docker library write to, besides volumes for their data.
const WRITTEN: &[(&str, &[&str])] = &[
    ("caddy", &["/config", "/data"]),
    ("httpd", &["/usr/local/apache2/logs"]),
    ("mariadb", &["/run/mysqld", "/tmp"]),
    ("memcached", &[]),
    ("mysql", &["/var/run/mysqld", "/tmp"]),
    ("nginx", &["/var/cache/nginx", "/var/run", "/tmp"]),
    ("postgres", &["/var/run/postgresql", "/tmp"]),
    ("rabbitmq", &["/var/lib/rabbitmq", "/tmp"]),
    ("redis", &["/data"]),
];

/// The directories that a container of this image writes to; `None` when they are not known.
pub(super) fn written_by(image: &str) -> Option<&'static [&'static str]> {
    let image = ImageRef::parse(image)?;
    if image.registry != "docker.io" {
        return None;
    }
    let name = image.path.strip_prefix("library/").unwrap_or(image.path);
    WRITTEN.iter().find(|(known, _)| *known == name).map(|(_, paths)| *paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_library_is_known() {
        for (image, want) in [
            ("nginx", true),
            ("docker.io/library/nginx:1.27", true),
            ("registry.example.com/nginx", false),
            ("bitnami/nginx", false),
            ("memcached:1.6", true),
        ] {
            assert_eq!(written_by(image).is_some(), want, "{image}");
        }
    }
}
