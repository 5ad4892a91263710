//! Descriptors that the program was started with.

use std::fs;
use std::io::{self, BufRead as _, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

use super::open;

/// Where the system names the descriptors of this process.
const DESCRIPTORS: &str = "/dev/fd";

/// How often an empty pipe is looked at, and the pause between two looks: ten seconds in all. Whoever writes
/// into it was started before this program.
const TRIES: u32 = 500;
const PAUSE: Duration = Duration::from_millis(20);

/// So much is read of what the system says of a descriptor, in bytes; its flags are at the beginning.
const ABOUT_MAX: u64 = 4096;

/// Lists the descriptors that are open. Asked before anything else, it lists those that the program was started
/// with.
pub fn listed() -> Vec<u32> {
    let entries = fs::read_dir(DESCRIPTORS).into_iter().flatten().filter_map(Result::ok);
    let numbers: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    // The list was read through one of its own, which is closed by now.
    numbers.into_iter().filter(|number| fs::symlink_metadata(path(*number)).is_ok()).collect()
}

/// Returns the path that stands for a descriptor.
pub fn path(number: u32) -> PathBuf {
    Path::new(DESCRIPTORS).join(number.to_string())
}

/// Reads from a descriptor, at most so many bytes: a file, or a line that comes through a pipe. Nothing is waited
/// for without end, and nothing else is read.
pub fn read(number: u32, most: u64, pause: fn(Duration)) -> io::Result<Vec<u8>> {
    let path = path(number);
    if !fs::metadata(&path)?.file_type().is_fifo() {
        return open::beginning(&path, most);
    }
    if is_write_only(number) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe to write into"));
    }
    let pipe = open::inherited_pipe(&path)?;
    let (mut pipe, mut line, mut tries) = (io::BufReader::new(pipe.take(most)), Vec::new(), 0);
    loop {
        match pipe.read_until(b'\n', &mut line) {
            Ok(_) => return Ok(line),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && tries < TRIES => {
                tries += 1;
                pause(PAUSE);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "nobody wrote a line into the pipe"));
            }
            Err(error) => return Err(error),
        }
    }
}

/// Tells whether a descriptor is for writing alone, where the system says so: through its path it could be read all
/// the same, and what the program itself is to write would be waited for.
fn is_write_only(number: u32) -> bool {
    let about = Path::new("/proc/self/fdinfo").join(number.to_string());
    let about = open::beginning(&about, ABOUT_MAX).unwrap_or_default();
    let flags =
        str::from_utf8(&about).unwrap_or_default().lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| OFlags::from_bits_retain(flags) & OFlags::ACCMODE == OFlags::WRONLY)
}

#[cfg(test)]
mod tests {
    use std::io::{Write as _, pipe};
    use std::os::fd::AsRawFd;

    use super::*;

    fn told(descriptor: &impl AsRawFd) -> io::Result<Vec<u8>> {
        read(descriptor.as_raw_fd().cast_unsigned(), 16, |_| {})
    }

    // REQ-134
    #[test]
    fn a_pipe_gives_a_line_or_its_end_and_is_not_waited_for_without_end() {
        let (reader, mut writer) = pipe().unwrap();
        assert_eq!(told(&reader).unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(told(&writer).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        writer.write_all(b"half").unwrap();
        assert_eq!(told(&reader).unwrap_err().kind(), io::ErrorKind::TimedOut);
        // Whoever wrote a line can keep the pipe open.
        writer.write_all(b"a token\nand more").unwrap();
        assert_eq!(told(&reader).unwrap(), b"a token\n");
        writer.write_all(&[b'x'; 100]).unwrap();
        assert_eq!(told(&reader).unwrap().len(), 16);
    }

    // REQ-050
    #[test]
    fn what_is_listed_is_open() {
        let (reader, writer) = pipe().unwrap();
        let listed = listed();
        for descriptor in [reader.as_raw_fd(), writer.as_raw_fd()] {
            assert!(listed.contains(&descriptor.cast_unsigned()), "{descriptor}: {listed:?}");
        }
    }
}
