//! Finds text that has been told twice: duplicate and near-duplicate documents, lines that a document repeats, boilerplate
//! lines and passages that documents share.
//!
//! [`scan()`] reads files and directories, [`scan_texts`] what is in memory, and gives a [`report::Report`], which [`check::Gate`] holds
//! against rules; [`dedup`](mod@dedup) decides what stays of a corpus, names it and writes it; [`compare`](mod@compare) looks at two
//! documents, or two texts; [`index_file`] keeps documents, so that others are held against them later. What cannot be read is a
//! [`problem`] of the result, and only what leaves no result is an [`Error`].
//!
//! ```
//! use retold::{Options, progress::Progress, scan};
//!
//! let report = scan(&["seeds".into()], &Options::default(), &Progress::default())?;
//! assert!(report.problems.is_empty(), "what could not be read is named there");
//! assert_eq!(report.summary.documents, 2);
//! assert!(report.clusters.is_empty());
//! let (_, headline) = &report.repeated_lines[0];
//! assert_eq!(headline.lines, [1, 3]);
//! # Ok::<(), retold::Error>(())
//! ```
//!
//! The stages, each of which knows only those before it:
//!
//! [`source`] → [`document`] → [`tokens`] → [`shingles`] → [`sketch`] → [`banding`] → [`index`] (candidates) → `verify`
//! → `clusters` → [`report`], and [`lines`], [`passages`], [`repetition`] beside them. Every similarity in a report is
//! computed from the shingles of both texts; signatures only choose which pairs are looked at. The report is the same for
//! any number of threads.
//!
//! Features, all of them on by default: `cli` is for the command, and a library turns default features off and names those that it needs.
//! `compression` reads gzip, zstd, bzip2 and xz, and is what an index file takes; `csv` reads CSV and TSV; `encodings` text that is not
//! UTF-8; `html` the text of pages; `parquet` Parquet. Without one of them such a file is named as a problem.

pub mod banding;
mod buckets;
pub mod check;
mod clusters;
pub mod compare;
mod containment;
mod cpu;
pub mod dedup;
pub mod document;
mod edit;
mod error;
mod exhaustive;
mod first;
mod gather;
mod histogram;
pub mod index;
pub mod index_file;
mod leaks;
pub mod lines;
pub mod located;
mod matching;
mod method;
mod options;
mod ordered;
mod pairs;
pub mod passages;
mod postings;
mod prefixes;
pub mod problem;
pub mod progress;
mod quote;
mod reader;
pub mod repetition;
pub mod report;
pub mod scan;
mod seen;
pub mod shingles;
mod sign;
pub mod similarity;
pub mod sketch;
pub mod source;
pub mod tokens;
mod union_find;
mod verify;

pub use error::Error;
pub use options::{DEFAULT_CONTAINMENT, Options, Order, Search};
pub use scan::{scan, scan_texts};
