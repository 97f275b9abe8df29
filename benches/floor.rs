//! The floor that a scan is held against: opening, reading and hashing every file with xxh3, and nothing more.
//!
//! `cargo bench --bench floor -- PATH...` walks the paths as a scan does, on one thread, and prints files, bytes and the seconds
//! of reading alone. Run without a path it does nothing, so that `cargo bench` as a whole needs no data.

#![allow(clippy::print_stdout)]

use std::fs::File;
use std::hash::Hasher;
use std::io::Read;
use std::path::PathBuf;
use std::time::Instant;
use twox_hash::XxHash3_64;

fn main() -> std::io::Result<()> {
    // cargo passes `--bench` to every benchmark.
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).filter(|arg| arg != "--bench").map(PathBuf::from).collect();
    let found = paths.iter().flat_map(|path| ignore::Walk::new(path).flatten());
    let mut files: Vec<PathBuf> = found
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .collect();
    files.sort();
    let started = Instant::now();
    let mut buffer = vec![0; 256 << 10];
    let (mut bytes, mut sum) = (0, 0);
    for path in &files {
        let mut file = File::open(path)?;
        let mut hasher = XxHash3_64::new();
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            bytes += read;
            hasher.write(&buffer[..read]);
        }
        sum ^= hasher.finish();
    }
    println!("{} files, {bytes} bytes, {:.3} s, {sum:016x}", files.len(), started.elapsed().as_secs_f64());
    Ok(())
}
