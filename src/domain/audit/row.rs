//! The rows of the store as the log sees them: named fields with canonical bytes.

use super::entry::{Delta, FieldDelta};
use crate::domain::document::{Document, User, words};
use crate::domain::project::{Namespace, PolicyRecord, Project, VersionRecord};

words! {
    /// The tables whose rows the log covers.
    Table {
        /// Documents.
        Document = "document",
        /// Versions of documents.
        Version = "version",
        /// Users.
        User = "user",
        /// Registered namespaces.
        Namespace = "namespace",
        /// Adopted policies.
        Policy = "policy",
        /// The project itself.
        Project = "project",
    }
}

/// A row that the log covers. Rows are added and changed, never deleted.
#[derive(Debug, Clone, Copy)]
pub enum Row<'a> {
    /// A document.
    Document(&'a Document),
    /// A version of a document.
    Version(&'a VersionRecord),
    /// A user.
    User(&'a User),
    /// A namespace.
    Namespace(&'a Namespace),
    /// An adopted policy.
    Policy(&'a PolicyRecord),
    /// The project.
    Project(&'a Project),
}
