//! STUB
use crate::domain::digest::Digest;
use crate::domain::id::{DocumentId, StateName, UserName, Version};
/// Facts.
pub struct BriefFacts {
    /// a
    pub user: UserName,
    /// a
    pub document: DocumentId,
    /// a
    pub title: String,
    /// a
    pub version: Version,
    /// a
    pub state: StateName,
    /// a
    pub content: Digest,
    /// a
    pub task: String,
    /// a
    pub sop: Option<String>,
}
/// Text.
pub fn compose(facts: &BriefFacts) -> String {
    format!("{} {}", facts.user, facts.document)
}
