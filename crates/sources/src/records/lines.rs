//! Lines of files that may be many, large and compressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::Summary;

/// Bytes of a line that is still read; an API server cuts events far below this.
pub const MAX_LINE: usize = 32 << 20;

/// Why a log could not be read on.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct LineError {
    /// The file.
    pub path: String,
    /// What went wrong.
    pub source: io::Error,
}

/// The reason under which lines beyond [`MAX_LINE`] are counted.
const TOO_LONG: &str = "line longer than 32 MiB";

/// A line and where it stands.
pub(crate) struct Line<'a> {
    pub(crate) path: &'a str,
    pub(crate) number: u64,
    pub(crate) text: &'a [u8],
}

impl Line<'_> {
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.path, self.number)
    }
}

/// Calls `see` with every line that is not empty. `see` may take the rest of the file as one text by `whole` (see
/// [`each_line`]'s caller for JSON documents that span lines).
pub(crate) fn each_line(
    paths: &[String],
    summary: &mut Summary,
    see: &mut dyn FnMut(&Line<'_>, &mut dyn BufRead, &mut Summary) -> io::Result<()>,
) -> Result<(), LineError> {
    for path in expand(paths)? {
        let failed = |source| LineError { path: path.clone(), source };
        let mut reader = open(&path).map_err(failed)?;
        read(&path, &mut *reader, summary, see).map_err(failed)?;
        summary.files += 1;
    }
    Ok(())
}

fn read(
    path: &str,
    reader: &mut dyn BufRead,
    summary: &mut Summary,
    see: &mut dyn FnMut(&Line<'_>, &mut dyn BufRead, &mut Summary) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    let mut number = 0;
    loop {
        buffer.clear();
        let length = (&mut *reader).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        number += 1;
        summary.lines += 1;
        summary.bytes += length as u64;
        let line = Line { path, number, text: buffer.trim_ascii() };
        if length > MAX_LINE && buffer.last() != Some(&b'\n') {
            summary.skipped.add(TOO_LONG, || line.place());
            summary.bytes += skip_line(reader)?;
        } else if !line.text.is_empty() {
            see(&line, reader, summary)?;
        }
    }
}

/// Reads to the end of the line without keeping it; gives the number of bytes.
fn skip_line(reader: &mut dyn BufRead) -> io::Result<u64> {
    let mut count = 0;
    loop {
        let chunk = reader.fill_buf()?;
        if chunk.is_empty() {
            return Ok(count);
        }
        let end = chunk.iter().position(|&byte| byte == b'\n');
        let used = end.map_or(chunk.len(), |end| end + 1);
        reader.consume(used);
        count += used as u64;
        if end.is_some() {
            return Ok(count);
        }
    }
}

/// The files behind paths: a directory is its files by name, which for rotated logs is by time.
fn expand(paths: &[String]) -> Result<Vec<String>, LineError> {
    let mut out = Vec::new();
    for path in paths {
        if path == "-" || !Path::new(path).is_dir() {
            out.push(path.clone());
            continue;
        }
        let failed = |source| LineError { path: path.clone(), source };
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            if entry.is_file() {
                files.push(entry);
            }
        }
        files.sort();
        out.extend(files.into_iter().map(|file| file.display().to_string()));
    }
    Ok(out)
}

fn open(path: &str) -> io::Result<Box<dyn BufRead>> {
    let mut reader: Box<dyn BufRead> = if path == "-" {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(BufReader::with_capacity(256 << 10, File::open(path)?))
    };
    let start = reader.fill_buf()?;
    if start.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::with_capacity(
            256 << 10,
            flate2::bufread::MultiGzDecoder::new(reader),
        )));
    }
    if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder = ruzstd::decoding::StreamingDecoder::new(reader).map_err(io::Error::other)?;
        return Ok(Box::new(BufReader::with_capacity(256 << 10, decoder)));
    }
    Ok(reader)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn collect(paths: &[String]) -> (Vec<String>, Summary) {
        let mut summary = Summary::default();
        let mut out = Vec::new();
        each_line(paths, &mut summary, &mut |line, _, _| {
            out.push(format!("{}:{}", line.number, String::from_utf8_lossy(line.text)));
            Ok(())
        })
        .unwrap();
        (out, summary)
    }

    #[test]
    fn files_directories_and_compression() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("audit-2.log"), "three\r\n\nfour").unwrap();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"one\n").unwrap();
        let mut bytes = gzip.finish().unwrap();
        // Appended members are one stream.
        let mut more = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        more.write_all(b"two\n").unwrap();
        bytes.extend(more.finish().unwrap());
        std::fs::write(directory.path().join("audit-1.log.gz"), bytes).unwrap();
        let zstd =
            ruzstd::encoding::compress_to_vec(&b"five\n"[..], ruzstd::encoding::CompressionLevel::Fastest);
        std::fs::write(directory.path().join("audit-3.log.zst"), zstd).unwrap();
        let (lines, summary) = collect(&[directory.path().display().to_string()]);
        assert_eq!(lines, ["1:one", "2:two", "1:three", "3:four", "1:five"]);
        assert_eq!((summary.files, summary.lines), (3, 6));
    }

    #[test]
    fn a_line_too_long_costs_that_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let mut text = vec![b'x'; MAX_LINE + 10];
        text.extend(b"\nshort\n");
        std::fs::write(&path, text).unwrap();
        let (lines, summary) = collect(&[path.display().to_string()]);
        assert_eq!(lines, ["2:short"]);
        assert_eq!(summary.skipped.total(), 1);
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = each_line(&["/no/such.log".to_owned()], &mut Summary::default(), &mut |_, _, _| Ok(()));
        assert!(error.unwrap_err().to_string().starts_with("/no/such.log: "));
    }
}
