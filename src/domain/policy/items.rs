//! Which types have execution items, and which answer for them.

use super::{DocumentType, ParentRule, Policy};
use crate::domain::id::TypeName;

impl Policy {
    /// Tells whether documents of a type have a table of execution items.
    pub fn has_items(&self, name: &TypeName) -> bool {
        self.document_type(name).is_some_and(|(_, it)| it.items)
    }

    /// Tells whether documents of a type answer for an item of their parent.
    pub fn names_item(&self, name: &TypeName) -> bool {
        self.document_type(name).and_then(|(_, it)| it.parent.as_ref()).is_some_and(|rule| rule.item)
    }

    /// Lists the types that answer for a failed item of a document of type `name`.
    pub fn answering<'a>(&'a self, name: &'a TypeName) -> impl Iterator<Item = &'a DocumentType> {
        let answers = |rule: &ParentRule| rule.item && rule.types.contains(name);
        self.document_types().filter(move |one| one.parent.as_ref().is_some_and(answers))
    }
}
