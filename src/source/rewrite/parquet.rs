//! todo
use super::{Changes, RewriteError};
use crate::source::Reading;
use std::fs::File;
use std::io::Write;
pub(super) fn rewrite(
    _: File,
    _: &Reading,
    _: Option<&str>,
    _: &mut Changes<'_>,
    _: &mut (impl Write + Send),
) -> Result<(), RewriteError> {
    Err(RewriteError::Source("todo".into()))
}
