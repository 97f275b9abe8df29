//! retold

pub mod banding;
pub mod clusters;
pub mod document;
mod gather;
pub mod index;
pub mod lines;
mod ordered;
pub mod pairs;
pub mod problem;
pub mod progress;
pub mod report;
pub mod scan;
pub mod shingles;
mod sign;
pub mod similarity;
pub mod sketch;
pub mod source;
pub mod tokens;
pub mod verify;

pub use scan::{Options, scan};
