//! A report that is a text, such as a picture or a list of differences.

use std::fmt;

use serde::Serialize;

use crate::domain::digest::Digest;

/// A text that was made, whole.
#[derive(Debug, Serialize)]
pub(super) struct TextReport {
    pub(super) digest: Option<Digest>,
    pub(super) text: String,
}

impl fmt::Display for TextReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim_end())
    }
}
