//! Hooks of others that hear of commands before they run, too: of what several make of a command one counts, and
//! nobody can tell which.

use toml::de::{DeTable, DeValue};

use super::off::{Found, Origin, at};
use super::{HookSettings, Misshapen};
use crate::domain::hook::event::is_shell;

impl HookSettings<'_> {
    /// Says where else than in our hook a command could be rewritten. `found` are the files of the runtime that are
    /// there.
    pub fn others(&self, found: &[Found]) -> Vec<String> {
        let (before, own) = (self.runtime.before(), self.runtime.settings());
        let lost = "with more than one a rewritten command can get lost";
        let count = self.hearing();
        let several = (count > 1).then(|| format!("`{own}` has {count} hooks for {before}: {lost}"));
        let is_own = |one: &Found| one.layer.origin == Origin::Project && one.layer.path == own;
        let elsewhere = found.iter().filter(|one| !is_own(one)).filter_map(|one| {
            let (file, text) = (&one.file, one.text.as_deref().ok()?);
            if one.is_toml() {
                let has_one = hearing_in_toml(text, before) > 0;
                return has_one.then(|| format!("`{file}` has a hook for {before}, too: {lost}"));
            }
            match HookSettings::read(self.runtime, Some(text)) {
                Ok(settings) if settings.hearing() == 0 => None,
                Ok(_) => Some(format!("`{file}` has a hook for {before}, too: {lost}")),
                Err(why @ (Misshapen::Wrong { .. } | Misshapen::Doubled { .. })) if text.contains(before) => {
                    Some(format!("`{file}`: {why}, so that nobody can tell which hooks are in it"))
                }
                // The runtime reads nothing of it.
                Err(_) => None,
            }
        });
        several.into_iter().chain(elsewhere).collect()
    }

    /// Counts the handlers that may hear of commands before they run.
    fn hearing(&self) -> usize {
        let groups = self.groups(self.runtime.before());
        let groups = groups.filter(|group| may_mean_commands(group.matcher.as_deref()));
        groups.map(|group| group.handlers.len()).sum()
    }
}

/// As [`HookSettings::hearing`], in the settings of Codex that are TOML.
fn hearing_in_toml(text: &str, event: &str) -> usize {
    let Ok(table) = DeTable::parse(text) else { return 0 };
    let Some(DeValue::Array(groups)) = at(table.get_ref(), &["hooks", event]) else { return 0 };
    let groups = groups.iter().filter_map(|group| match group.get_ref() {
        DeValue::Table(group) => Some(group),
        _ => None,
    });
    let may_hear = |group: &&DeTable<'_>| match at(group, &["matcher"]) {
        Some(DeValue::String(matcher)) => may_mean_commands(Some(matcher)),
        _ => true,
    };
    let handlers = groups.filter(may_hear).map(|group| match at(group, &["hooks"]) {
        Some(DeValue::Array(handlers)) => handlers.len(),
        _ => 0,
    });
    handlers.sum()
}

/// Tells whether a matcher may mean tools that run commands: all do but names of other tools. A pattern may mean
/// anything.
fn may_mean_commands(matcher: Option<&str>) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = matcher.unwrap_or_default().split('|');
    names.any(|name| is_shell(name) || name.is_empty() || !name.chars().all(is_name))
}

#[cfg(test)]
#[path = "others/tests.rs"]
mod tests;
