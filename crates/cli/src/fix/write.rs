//! Several files or none: every new text is staged beside its file first, then all are renamed into place; when that fails
//! half way, what was renamed is put back.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use rampart_repair::FileChange;
use tempfile::{Builder, NamedTempFile, TempPath};

use super::changed_meanwhile;

/// One file that is about to change.
#[derive(Debug)]
struct Staged {
    name: String,
    /// The file itself, links resolved.
    target: PathBuf,
    /// The new text; `None` when the file goes.
    new: Option<TempPath>,
    /// The file as it was; `None` when there was none.
    old: Option<TempPath>,
}

/// Files ready to be written.
#[derive(Debug)]
pub(crate) struct Transaction {
    staged: Vec<Staged>,
}

/// Files that were written and can still be put back.
#[derive(Debug)]
pub(crate) struct Written {
    done: Vec<Staged>,
}

impl Transaction {
    /// Writes every new text beside its file. Nothing is changed yet; what is staged goes away when this fails.
    pub(crate) fn stage(files: &[FileChange]) -> anyhow::Result<Self> {
        let staged = files.iter().map(|file| {
            stage(file).with_context(|| format!("{} cannot be written; nothing was changed", file.name))
        });
        Ok(Self { staged: staged.collect::<anyhow::Result<_>>()? })
    }

    /// Puts all files in place; on an error those that were are put back.
    pub(crate) fn commit(self) -> anyhow::Result<Written> {
        self.commit_by(&mut |from, to| fs::rename(from, to))
    }

    fn commit_by(self, rename: &mut dyn FnMut(&Path, &Path) -> io::Result<()>) -> anyhow::Result<Written> {
        let mut written = Written { done: Vec::new() };
        for staged in self.staged {
            let outcome = match &staged.new {
                Some(new) => rename(new, &staged.target),
                None => fs::remove_file(&staged.target),
            };
            if let Err(error) = outcome {
                let name = staged.name.clone();
                let undo = written.undo(|_| true);
                let error = anyhow!(error).context(format!("{name} cannot be written"));
                return Err(match undo {
                    Ok(()) => error.context("nothing was changed"),
                    Err(undo) => error.context(format!("{undo:#}")),
                });
            }
            written.done.push(staged);
        }
        Ok(written)
    }
}

impl Written {
    /// Puts back the files for which `which` is true.
    pub(crate) fn undo(&mut self, which: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        let (back, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.done).into_iter().partition(|staged| which(&staged.name));
        self.done = kept;
        let mut failed = Vec::new();
        for staged in back {
            let outcome = match &staged.old {
                Some(old) => fs::rename(old, &staged.target),
                None => fs::remove_file(&staged.target),
            };
            if let Err(error) = outcome {
                // Its only copy must not go away with this program.
                let copy = staged.old.and_then(|old| old.keep().ok());
                let copy = copy.map(|path| format!("; it is kept as {}", path.display()));
                failed.push(format!("{} ({error}{})", staged.name, copy.unwrap_or_default()));
            }
        }
        if failed.is_empty() {
            return Ok(());
        }
        bail!("could not be put back: {}", failed.join(", "))
    }
}

fn stage(file: &FileChange) -> anyhow::Result<Staged> {
    let path = Path::new(&file.name);
    let Some(old_text) = &file.old else {
        if path.exists() {
            bail!("it exists already");
        }
        let new = temporary(path)?;
        return Ok(Staged {
            name: file.name.clone(),
            target: path.to_owned(),
            new: Some(filled(new, file.new.as_deref().unwrap_or_default().as_bytes(), None)?),
            old: None,
        });
    };
    let target = fs::canonicalize(path)?;
    let metadata = fs::metadata(&target)?;
    if metadata.permissions().readonly() {
        bail!("it is read-only");
    }
    let bytes = fs::read(&target)?;
    if rampart_document::decode(&bytes).ok().as_ref() != Some(old_text) {
        return Err(changed_meanwhile(&file.name));
    }
    let old = Builder::new().prefix(".rampart-").suffix(".old").make_in(directory(&target), |copy| {
        // Where a file system has no links, a copy does.
        fs::hard_link(&target, copy).or_else(|_| fs::copy(&target, copy).map(drop))
    })?;
    let new = match &file.new {
        Some(text) => Some(filled(temporary(&target)?, &like(&bytes, text), Some(&metadata))?),
        None => None,
    };
    Ok(Staged { name: file.name.clone(), target, new, old: Some(old.into_temp_path()) })
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    Builder::new().prefix(".rampart-").suffix(".new").tempfile_in(directory(path))
}

/// Writes the text with the mode and, where that is allowed, the owner of the file that it replaces.
fn filled(mut file: NamedTempFile, bytes: &[u8], like: Option<&fs::Metadata>) -> io::Result<TempPath> {
    file.write_all(bytes)?;
    file.flush()?;
    match like {
        Some(like) => {
            own(file.path(), like);
            fs::set_permissions(file.path(), like.permissions())?;
        }
        None => readable(file.path())?,
    }
    Ok(file.into_temp_path())
}

/// Only the superuser can give files away; for everybody else the file is already theirs or becomes theirs.
#[cfg(unix)]
fn own(path: &Path, like: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, chown};
    // Allowed to fail, see above.
    let _ = chown(path, Some(like.uid()), Some(like.gid()));
}

#[cfg(not(unix))]
fn own(_: &Path, _: &fs::Metadata) {}

/// Temporary files are for their owner alone; a manifest is for everybody who may read its directory.
#[cfg(unix)]
fn readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The text in the encoding of the bytes that it replaces.
fn like(old: &[u8], text: &str) -> Vec<u8> {
    match old {
        [0xff, 0xfe, ..] => {
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
        }
        [0xfe, 0xff, ..] => {
            [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect()
        }
        [0xef, 0xbb, 0xbf, ..] => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        _ => text.as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(root: &Path, name: &str, old: Option<&str>, new: Option<&str>) -> FileChange {
        let path = root.join(name);
        if let Some(old) = old {
            fs::write(&path, old).unwrap();
        }
        let own = |text: Option<&str>| text.map(str::to_owned);
        FileChange { name: path.display().to_string(), old: own(old), new: own(new) }
    }

    fn names(root: &Path) -> Vec<String> {
        let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn all_files_are_written_or_none() {
        let root = tempfile::tempdir().unwrap();
        let files = [
            change(root.path(), "a", Some("1"), Some("2")),
            change(root.path(), "b", None, Some("2")),
            change(root.path(), "c", Some("1"), None),
            change(root.path(), "d", Some("1"), Some("2")),
        ];
        let mut count = 0;
        let mut failing = |from: &Path, to: &Path| {
            count += 1;
            if count == 3 { Err(io::Error::other("disk full")) } else { fs::rename(from, to) }
        };
        let error = Transaction::stage(&files).unwrap().commit_by(&mut failing).unwrap_err();
        assert!(format!("{error:#}").starts_with("nothing was changed"), "{error:#}");
        assert_eq!(names(root.path()), ["a", "c", "d"]);
        assert!(["a", "c", "d"].iter().all(|name| fs::read(root.path().join(name)).unwrap() == b"1"));
        let mut written = Transaction::stage(&files).unwrap().commit().unwrap();
        written.undo(|name| name.ends_with('d')).unwrap();
        drop(written);
        assert_eq!(names(root.path()), ["a", "b", "d"]);
        assert_eq!(fs::read(root.path().join("a")).unwrap(), b"2");
        assert_eq!(fs::read(root.path().join("d")).unwrap(), b"1");
    }

    #[test]
    fn what_cannot_be_written_stops_everything() {
        let root = tempfile::tempdir().unwrap();
        let good = change(root.path(), "a", Some("1"), Some("2"));
        let mut stale = change(root.path(), "b", Some("1"), Some("2"));
        stale.old = Some("0".to_owned());
        let locked = change(root.path(), "c", Some("1"), Some("2"));
        let mut permissions = fs::metadata(&locked.name).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&locked.name, permissions).unwrap();
        for bad in [stale, locked] {
            assert!(Transaction::stage(&[good.clone(), bad]).is_err());
            assert_eq!(names(root.path()), ["a", "b", "c"]);
            assert_eq!(fs::read(&good.name).unwrap(), b"1");
        }
    }

    #[cfg(unix)]
    #[test]
    fn mode_links_and_encoding_are_kept() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("a"), root.path().join("link"));
        fs::write(&file, b"\xff\xfea\0").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        let own = |text: &str| Some(text.to_owned());
        let change = FileChange { name: link.display().to_string(), old: own("a"), new: own("b") };
        Transaction::stage(&[change]).unwrap().commit().unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"\xff\xfeb\0");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(like(b"\xef\xbb\xbfa", "b"), b"\xef\xbb\xbfb");
        assert_eq!(like(b"\xfe\xff\0a", "b"), b"\xfe\xff\0b");
    }
}
