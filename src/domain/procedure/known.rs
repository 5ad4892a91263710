//! The procedures that can be cited, and what is said where one cannot.

use std::collections::BTreeMap;

use thiserror::Error;

use super::{Citation, Procedure};
use crate::domain::front_matter;
use crate::domain::id::DocumentId;
use crate::domain::nearest::nearest;

/// The procedures in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Procedures(BTreeMap<DocumentId, Procedure>);

/// Why something that is cited cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotThere {
    /// There is no such procedure in force.
    #[error("no procedure `{id}` is in force{}", .near.as_ref().map_or_else(String::new, |near| format!(", did you mean `{near}`?")))]
    Procedure {
        /// The procedure.
        id: DocumentId,
        /// The one that was probably meant.
        near: Option<DocumentId>,
    },
    /// The version in force has no such section.
    #[error("{procedure} has no section `{}`{}", .number.escape_debug(), either(.near))]
    Section {
        /// The procedure.
        procedure: DocumentId,
        /// The section that was asked for.
        number: String,
        /// The sections that were probably meant, the nearest first, with their titles.
        near: Vec<(Citation, Option<String>)>,
    },
}

/// Writes what was probably meant as a question.
fn either(near: &[(Citation, Option<String>)]) -> String {
    let words = near.iter().map(|(citation, title)| match title {
        Some(title) => format!("`{citation}` ({title})"),
        None => format!("`{citation}`"),
    });
    let words: Vec<String> = words.collect();
    match words.split_last() {
        None => String::new(),
        Some((only, [])) => format!(", did you mean {only}?"),
        Some((last, others)) => format!(", did you mean {} or {last}?", others.join(", ")),
    }
}

impl Procedures {
    /// Reads texts that say in their front matter which document they are; others are left out.
    pub fn read<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let id = |text: &str| Some(front_matter::parse("", text.as_bytes()).ok()?.id);
        texts.filter_map(|text| Some((id(text)?, Procedure::parse(text)))).collect()
    }

    /// Finds a procedure, or the one that was probably meant.
    pub fn find(&self, id: &DocumentId) -> Result<&Procedure, NotThere> {
        self.0.get(id).ok_or_else(|| {
            let near = nearest(id.as_str(), self.0.keys().map(DocumentId::as_str));
            let near = near.and_then(|near| DocumentId::parse(near).ok());
            NotThere::Procedure { id: id.clone(), near }
        })
    }

    /// Lists them by their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&DocumentId, &Procedure)> {
        self.0.iter()
    }

    /// Tells whether what is cited can be read, or what was probably meant.
    pub fn check(&self, cited: &Citation) -> Result<(), NotThere> {
        self.find(&cited.procedure)?.cited(cited).map(drop)
    }
}

impl FromIterator<(DocumentId, Procedure)> for Procedures {
    fn from_iter<I: IntoIterator<Item = (DocumentId, Procedure)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}
