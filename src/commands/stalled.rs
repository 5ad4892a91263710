//! Open rounds that wait for users who hold nothing that a verdict there asks for, such as after a stricter profile
//! was adopted.

use super::{CommandError, Context};
use crate::domain::identity::Actor;
use crate::store::ListQuery;

/// Says of each such round whom it waits for.
pub(super) fn sentences(context: &mut Context, actor: &Actor) -> Result<Vec<String>, CommandError> {
    let mut documents = Vec::new();
    context.session.read(actor).documents(&ListQuery::default(), &mut |document| {
        documents.extend(document.round.is_some().then_some(document));
        Ok(())
    })?;
    let mut sentences = Vec::new();
    for document in documents {
        let id = document.id.clone();
        let lacking = context.session.unproved(actor, document)?;
        let names = lacking.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        sentences.extend(lacking.first().map(|(_, least)| {
            format!("{id} waits for {names}, who could not answer: that needs at least a {least}")
        }));
    }
    Ok(sentences)
}
