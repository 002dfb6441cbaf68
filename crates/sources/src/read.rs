//! Files to texts.

use std::fs::{File, FileType};
use std::io::Read;
use std::path::Path;

use rampart_document::Source;

use rampart_model::Problem;

/// Largest file that is read; a document has its own, smaller limit.
const MAX_BYTES: u64 = 2 << 30;

/// Reads a file as text.
pub(crate) fn text(path: &Path) -> Result<Source, Problem> {
    let name = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        let message = match error.kind() {
            std::io::ErrorKind::NotFound if path.is_symlink() => "this link leads nowhere".to_owned(),
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => format!("cannot read: {error}"),
        };
        Problem::path("unreadable", name.clone(), message)
    };
    // Before it is opened: opening a pipe waits for whoever writes to it.
    let kind = std::fs::metadata(path).map_err(unreadable)?.file_type();
    if let Some(what) = special(kind).filter(|_| !is_inherited(path)) {
        let message = format!("this is {what}, not a file, and was not read");
        let help = "give a file, a directory, or - for standard input";
        return Err(Problem::path("special-file", name, message).help(help));
    }
    let file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    reader(&name, file, size).map_err(unreadable)?
}

/// What a path is that could be read without end or never.
#[cfg(unix)]
fn special(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt as _;
    match kind {
        kind if kind.is_dir() => Some("a directory"),
        kind if kind.is_fifo() => Some("a named pipe"),
        kind if kind.is_socket() => Some("a socket"),
        kind if kind.is_char_device() || kind.is_block_device() => Some("a device"),
        _ => None,
    }
}

#[cfg(not(unix))]
fn special(kind: FileType) -> Option<&'static str> {
    kind.is_dir().then_some("a directory")
}

/// True for a stream that the shell opened for this process: `rampart scan <(helm template shop)`.
fn is_inherited(path: &Path) -> bool {
    path == Path::new("/dev/stdin") || ["/dev/fd", "/proc/self/fd"].iter().any(|fd| path.starts_with(fd))
}

/// Reads standard input as text.
pub(crate) fn stdin() -> Result<Source, Problem> {
    reader("-", std::io::stdin().lock(), 0)
        .map_err(|error| Problem::path("unreadable", "-", format!("cannot read: {error}")))?
}

fn reader(name: &str, input: impl Read, size: u64) -> std::io::Result<Result<Source, Problem>> {
    let mut bytes = Vec::with_capacity(size.min(MAX_BYTES) as usize);
    input.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Ok(Err(Problem::path("too-large", name, "larger than 2 GiB; this file was not read")));
    }
    Ok(decode(name, bytes))
}

fn decode(name: &str, bytes: Vec<u8>) -> Result<Source, Problem> {
    let plain = !bytes.starts_with(b"\xEF\xBB\xBF") && !bytes.contains(&0);
    match String::from_utf8(bytes) {
        // The usual case takes the bytes as they are.
        Ok(text) if plain => Ok(Source::new(name, text)),
        Ok(text) => decode_slowly(name, text.as_bytes()),
        Err(error) => decode_slowly(name, error.as_bytes()),
    }
}

fn decode_slowly(name: &str, bytes: &[u8]) -> Result<Source, Problem> {
    match rampart_document::decode(bytes) {
        Ok(text) => Ok(Source::new(name, text)),
        // Shown with replacement characters so that the line can be pointed at.
        Err(diagnostic) => Err(Problem::text(&Source::new(name, rampart_document::lossy(bytes)), diagnostic)),
    }
}
