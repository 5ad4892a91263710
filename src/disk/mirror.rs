//! The published mirror: `QMS/<TYPE>/<ID>.md` for people and programs that only read files.
//!
//! It is made from the store and can be made again; nobody reads it back.

use std::path::PathBuf;

use super::{DiskError, Site, file};
use crate::domain::audit::Meaning;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::document::Document;
use crate::domain::front_matter;
use crate::domain::id::{CredentialId, DocumentId, StateName, TypeName, UserName, Version};

/// The mirror of a project.
#[derive(Debug, Clone)]
pub struct Mirror {
    root: PathBuf,
    folder: PathBuf,
}

/// One version of a document, ready to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The document.
    pub id: DocumentId,
    /// Its type.
    pub document_type: TypeName,
    /// Whether it is published beside the version in force, as a draft.
    pub is_draft: bool,
    /// The version.
    pub version: Version,
    /// The state: of the document, or of the version in force.
    pub state: StateName,
    /// The digest of its content.
    pub content: Digest,
    /// Who approved this version.
    pub approvals: Vec<Approval>,
    /// Who signed this content.
    pub signatures: Vec<Signed>,
}

/// A signature on a content (21 CFR 11.50).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who signed.
    pub user: UserName,
    /// The printed name of the signer.
    pub printed_name: String,
    /// When.
    pub at: Timestamp,
    /// What the signature means.
    pub meaning: Meaning,
    /// What was done.
    pub action: String,
    /// The key that it was made with.
    pub key: CredentialId,
}

/// An approval of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who approved.
    pub user: UserName,
    /// When.
    pub at: Timestamp,
    /// How sure the identity was.
    pub assurance: String,
}

impl Mirror {
    /// Opens the mirror of a project.
    pub fn new(site: &Site) -> Self {
        Self { root: site.root().to_owned(), folder: site.published() }
    }

    /// Returns where a page lies.
    pub fn path(&self, document_type: &TypeName, id: &DocumentId, is_draft: bool) -> PathBuf {
        let draft = if is_draft { "-draft" } else { "" };
        self.folder.join(document_type.as_str()).join(format!("{id}{draft}.md"))
    }

    /// Lists the pages that a document has: the version in force, the draft, or both.
    pub fn pages(document: &Document, state_in_force: &StateName) -> Vec<Page> {
        let page = |is_draft, version, state: &StateName, content| Page {
            id: document.id.clone(),
            document_type: document.document_type.clone(),
            is_draft,
            version,
            state: state.clone(),
            content,
            approvals: Vec::new(),
            signatures: Vec::new(),
        };
        let current = |is_draft| page(is_draft, document.version, &document.state, document.content);
        match &document.in_force {
            Some(in_force) if in_force.version != document.version => {
                vec![page(false, in_force.version, state_in_force, in_force.content), current(true)]
            }
            None if document.version.major == 0 => vec![current(true)],
            _ => vec![current(false)],
        }
    }

    /// Renders a page: the front matter of the document, what the record knows of it, the body.
    pub fn render(page: &Page, body: &[u8]) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(body) else { return body.to_vec() };
        let Some((block, rest)) = front_matter::split(text) else { return body.to_vec() };
        let mut out = format!("---\n{}\n", block.trim_end());
        out.push_str(&format!(
            "version: \"{}\"\nstate: {}\ncontent_digest: {}\n",
            page.version, page.state, page.content
        ));
        if !page.approvals.is_empty() {
            out.push_str("approved_by:\n");
            for approval in &page.approvals {
                let Approval { user, at, assurance } = approval;
                out.push_str(&format!("  - {{ user: {user}, at: \"{at}\", assurance: {assurance} }}\n"));
            }
        }
        if !page.signatures.is_empty() {
            out.push_str("signed_by:\n");
            for Signed { user, printed_name, at, meaning, action, key } in &page.signatures {
                // Quoted as in JSON, which YAML reads too.
                let name = serde_json::Value::from(printed_name.as_str());
                out.push_str(&format!(
                    "  - {{ user: {user}, name: {name}, at: \"{at}\", meaning: {meaning}, action: {action}, key: \"{key}\" }}\n"
                ));
            }
        }
        out.push_str("---\n");
        out.push_str(rest);
        out.into_bytes()
    }

    /// Tells whether a page is published as it should be.
    pub fn is_current(&self, page: &Page, rendered: &[u8]) -> bool {
        let path = self.path(&page.document_type, &page.id, page.is_draft);
        // One byte more than there should be is enough to tell.
        file::read(&path, rendered.len() as u64 + 1).is_ok_and(|found| found == rendered)
    }

    /// Publishes a page.
    pub fn write(&self, page: &Page, rendered: &[u8]) -> Result<(), DiskError> {
        let path = self.path(&page.document_type, &page.id, page.is_draft);
        file::is_own(&self.root, path.parent().unwrap_or(&self.root))?;
        file::replace(&path, rendered, false, &|_| true).map(drop)
    }

    /// Takes a page away that the document no longer has.
    pub fn remove(&self, document_type: &TypeName, id: &DocumentId, is_draft: bool) -> Result<(), DiskError> {
        let path = self.path(document_type, id, is_draft);
        file::is_own(&self.root, path.parent().unwrap_or(&self.root))?;
        file::remove(&path, &|_| true).map(drop)
    }
}

impl Mirror {
    /// Tells whether a file is one that a process was still writing when it died.
    pub fn is_half_written(path: &std::path::Path) -> bool {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(file::HALF_WRITTEN))
    }

    /// Takes away a file that no document has.
    pub fn discard(&self, path: &std::path::Path) -> Result<(), DiskError> {
        if path.starts_with(&self.folder) { file::remove(path, &|_| true).map(drop) } else { Ok(()) }
    }

    /// Lists the files of the mirror.
    pub fn files(&self) -> Vec<PathBuf> {
        let list = |folder: &std::path::Path| {
            let entries = std::fs::read_dir(folder).into_iter().flatten();
            let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
            paths.sort();
            paths
        };
        // What a link leads to is somebody else's.
        let is_own = |path: &&PathBuf| path.is_dir() && !path.is_symlink();
        list(&self.folder).iter().filter(is_own).flat_map(|folder| list(folder)).collect()
    }
}
