//! What is taken from what those who judge are asked to look at.

use crate::domain::id::TypeName;
use crate::domain::policy::{Checklist, Item, Prompt, Section, Sources, Workflow};

/// Compares, for every round of a type, the prompt that is found for it: one that is new can take the place of
/// one that asked for more.
pub(super) fn asked(
    name: &TypeName,
    (before, old): (&Workflow, &Sources),
    (after, new): (&Workflow, &Sources),
) -> Vec<String> {
    let mut lost = Vec::new();
    for state in &before.states {
        let Some(round) = &state.round else { continue };
        // A round that is no more is told as such.
        let Some((other, then)) = after.state(&state.name).and_then(|it| Some((it, it.round.as_ref()?)))
        else {
            continue;
        };
        let asked = old.prompt_file(name, &state.phase, round.task);
        let asks = new.prompt_file(name, &other.phase, then.task);
        let Some((file, text)) = asked.filter(|(_, text)| asks.map(|(_, it)| it) != Some(text)) else {
            continue;
        };
        let Some((other, instead)) = asks else {
            lost.push(format!("nobody is asked any more what `{file}` asks"));
            continue;
        };
        let asks = said(other, instead);
        let gone = said(file, text).into_iter().filter(|one| !asks.contains(one));
        lost.extend(gone.map(|(what, _)| format!("`{file}` is not asked any more: {what}")));
    }
    lost
}

/// All that a prompt says: how it is told, and the whole text. What cannot be read says nothing, and is not adopted.
fn said(file: &str, text: &str) -> Vec<(String, String)> {
    let Ok(prompt) = Prompt::parse(file, text) else { return Vec::new() };
    let Prompt { file: _, purpose, checklists, reminders, sections } = prompt;
    let mut said = vec![(format!("the purpose `{purpose}`"), String::new())];
    // A category only sorts what is to be checked.
    for Item { item, evidence } in checklists.iter().flat_map(|Checklist { category: _, items }| items) {
        said.push((format!("to check `{item}`"), evidence.clone()));
    }
    said.extend(reminders.iter().map(|text| (format!("to remember `{text}`"), String::new())));
    said.extend(
        sections.iter().map(|Section { title, text }| (format!("the section `{title}`"), text.clone())),
    );
    said
}
