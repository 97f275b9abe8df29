//! Where results go: standard output, or a file that appears whole or not at all.

use crate::exit::Failure;
use crate::{interrupt, temporary};
use anstream::{AutoStream, ColorChoice};
use retold::problem::io_reason;
use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where it is written.
#[derive(Clone)]
pub enum Destination {
    StandardOutput,
    StandardError,
    File(PathBuf),
}

/// What standard output is called.
const STANDARD_OUTPUT: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Two are the same when what is written to the one replaces what is written to the other, by whatever name.
impl PartialEq for Destination {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(a), Self::File(b)) => place_of(a) == place_of(b),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Destination {
    /// Where something is written that is said to go to a file. `-` is standard output, and so are the names that the system has for it: by
    /// one of these it would be opened once more, and two would write over each other.
    pub fn of(path: &Path) -> Self {
        let is_standard_output = STANDARD_OUTPUT.iter().any(|name| path == Path::new(name));
        if is_standard_output { Self::StandardOutput } else { Self::File(path.to_path_buf()) }
    }

    /// Whether text for it is coloured: standard output on a terminal that can, unless `choice` or NO_COLOR says otherwise.
    pub fn is_coloured(&self, choice: ColorChoice) -> bool {
        let choice = match choice {
            ColorChoice::Auto if matches!(self, Destination::StandardError) => AutoStream::choice(&io::stderr()),
            ColorChoice::Auto => AutoStream::choice(&io::stdout()),
            choice => choice,
        };
        !matches!(self, Destination::File(_)) && choice != ColorChoice::Never
    }

    /// Runs `write` with the destination. A reader that has closed its end is no failure.
    pub fn write(&self, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<(), Failure> {
        let written = match self {
            Destination::StandardOutput => {
                let mut out = BufWriter::new(io::stdout());
                unless_closed(write(&mut out).and_then(|()| out.flush()))
            }
            Destination::StandardError => {
                // Nothing can be done, and nobody told, when that is closed.
                let mut out = BufWriter::new(io::stderr());
                let _ = write(&mut out).and_then(|()| out.flush());
                Ok(())
            }
            Destination::File(path) => write_file(path, write),
        };
        written.map_err(|error| match self {
            Destination::StandardOutput | Destination::StandardError => {
                Failure::new(format!("standard output: {}", io_reason(&error)))
            }
            Destination::File(path) => Failure::new(format!("{}: {}", path.display(), io_reason(&error))),
        })
    }

    /// Fails when nothing can be written there: nobody waits an hour to learn that there is no such directory.
    pub fn expect_place(&self) -> Result<(), Failure> {
        let Destination::File(path) = self else { return Ok(()) };
        let shown = path.display();
        if path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(Failure::new(format!("{shown} is a directory; name a file")));
        }
        if is_stream(path) {
            return Ok(());
        }
        if is_mount_point(path) {
            return Err(Failure::new(format!("{shown} is a mount point, and cannot be replaced; name another file")));
        }
        // One that is made beside it goes again.
        let made = NewFile::at(path).out().map(drop);
        made.map_err(|error| Failure::new(format!("{shown}: {}", io_reason(&error))))
    }
}

/// A reader that has closed its end has read enough.
fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

/// Writes beside the file and renames, unless it is a device or pipe, which has no wholeness. What a link leads to is replaced, not
/// the link, and a file that is replaced passes its permissions on.
pub fn write_file(path: &Path, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> io::Result<()> {
    if is_stream(path) {
        let mut out = BufWriter::new(File::options().append(true).open(path)?);
        return unless_closed(write(&mut out).and_then(|()| out.flush()));
    }
    let mut file = NewFile::at(path);
    write(&mut file)?;
    file.commit()
}

/// Puts a file in its place; into another file system it is copied, and renamed there.
pub fn moved_to(made: &Path, place: &Path) -> io::Result<()> {
    match fs::rename(made, place) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            write_file(place, |out| io::copy(&mut File::open(made)?, out).map(drop))
        }
        renamed => renamed,
    }
}

/// Whether a path leads to a device or pipe, or to what is open here, which may be a file: that is written on.
pub fn is_stream(path: &Path) -> bool {
    let is_open = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc/self/fd"].iter().any(|open| path.starts_with(open));
    is_open || is_device(path)
}

/// Whether a path leads to a device or pipe, now: what is open here may be a file.
pub fn is_device(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Whether something is mounted there, so that nothing can be renamed to it.
#[cfg(target_os = "linux")]
pub fn is_mount_point(path: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let found = statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS);
    found.is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// Whether something is mounted there, which is not asked of this system.
#[cfg(not(target_os = "linux"))]
pub fn is_mount_point(_: &Path) -> bool {
    false
}

/// A file that is written beside its place, where it appears whole or not at all. It is there from the first byte on that is written: whoever
/// looks for files to read before does not find it.
pub struct NewFile {
    place: PathBuf,
    before: Option<Metadata>,
    out: Option<BufWriter<NamedTempFile>>,
}

impl NewFile {
    /// For a path that is no stream.
    pub fn at(path: &Path) -> Self {
        Self { place: place_of(path), before: path.metadata().ok(), out: None }
    }

    /// Puts it in its place.
    pub fn commit(mut self) -> io::Result<()> {
        self.out()?;
        let Some(out) = self.out else { return Ok(()) };
        let file = out.into_inner()?;
        if let Some(before) = self.before {
            file.as_file().set_permissions(before.permissions())?;
        }
        file.as_file().sync_all()?;
        file.persist(self.place).map_err(|error| error.error)?;
        Ok(())
    }

    fn out(&mut self) -> io::Result<&mut BufWriter<NamedTempFile>> {
        if self.out.is_none() {
            let mut builder = tempfile::Builder::new();
            let folder = folder_of(&self.place);
            temporary::remove_left_files(folder);
            let made = interrupt::uninterrupted(|| {
                let made = permissions(&mut builder).prefix(temporary::NEW_FILE).tempfile_in(folder);
                made.inspect(|file| {
                    interrupt::remove_too(file.path());
                    let _ = file.as_file().lock(); // where there are no locks, nobody removes what is left
                })
            });
            let file = made.map_err(|error| {
                let shown = folder.display();
                io::Error::other(match folder.is_dir() {
                    true => format!("no file can be made in {shown}: {}", io_reason(&error)),
                    false => format!("there is no directory {shown}"),
                })
            })?;
            self.out = Some(BufWriter::new(file));
        }
        self.out.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out()?.flush()
    }
}

/// The file that is written by a name: what a link leads to, in the folder as it is called from the root on.
fn place_of(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let path = path.read_link().map_or(path.to_path_buf(), |to| folder_of(path).join(to));
        let name = path.file_name().unwrap_or_default();
        folder_of(&path).canonicalize().map_or(path.clone(), |folder| folder.join(name))
    })
}

/// The folder in which a file stands, or would.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Temporary files are for their owner alone by default; a report is a file like any other.
#[cfg(unix)]
fn permissions<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn permissions<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}
