//! One word of a shell line.

/// Stands in a shape for what only the running shell could know. No line that can be run has it.
pub(super) const UNKNOWN: char = '\0';

/// A word after its quoting was resolved.
#[derive(Debug, Clone, Default)]
pub(super) struct Word {
    /// What a shell passes on, as long as nothing in it is expanded.
    pub(super) text: String,
    /// The same with [`UNKNOWN`] in place of every part that would be expanded.
    pub(super) shape: String,
    /// Some of it is quoted or escaped.
    pub(super) quoted: bool,
    /// `text` is not what the program would get.
    pub(super) expands: bool,
    /// It is written in a way that hides what it says.
    pub(super) obscure: bool,
}

impl Word {
    /// Tells whether it is hard to read and has in it what the name of the program is made of.
    pub(super) fn hides(&self) -> bool {
        let has_letters = ['q', 'm', 's'].iter().all(|letter| self.text.contains(*letter));
        self.obscure && (has_letters || self.is_unknown())
    }

    /// Tells whether a wrapper takes it for a variable of the environment: those may have any name.
    pub(super) fn is_assignment(&self) -> bool {
        self.text
            .split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && !name.starts_with(['-', '/', '.']))
    }

    /// Adds a character that means itself.
    pub(super) fn push(&mut self, c: char) {
        self.text.push(c);
        self.shape.push(c);
        self.expands |= c == UNKNOWN;
    }

    /// Adds a character of a pattern: itself where no file fits, else unknown.
    pub(super) fn push_pattern(&mut self, c: char) {
        self.text.push(c);
        self.shape.push(UNKNOWN);
    }

    /// Adds a part that the shell puts there.
    pub(super) fn push_unknown(&mut self) {
        self.shape.push(UNKNOWN);
        self.expands = true;
    }

    /// Returns the last part of its path, by which a program is known.
    pub(super) fn name(&self) -> &str {
        self.shape.rsplit('/').next().unwrap_or_default()
    }

    /// Tells whether it is exactly this word, unquoted, as reserved words must be.
    pub(super) fn is_bare(&self, word: &str) -> bool {
        !self.quoted && self.shape == word
    }

    /// Tells whether some of it is known only to the shell.
    pub(super) fn is_unknown(&self) -> bool {
        self.shape.contains(UNKNOWN)
    }

    /// Returns what stands of it in the line: all of it, or an option with the value left out, or nothing.
    pub(super) fn as_written(&self) -> Option<String> {
        if !self.expands {
            return Some(self.text.clone());
        }
        let (option, _) = self.shape.split_once('=')?;
        let is_option = option.starts_with("--") && !option.contains(UNKNOWN);
        is_option.then(|| format!("{option}="))
    }

    /// Tells whether it begins as `NAME=` does, or as an item of a list does (XCU 2.9.1).
    pub(super) fn assigns(&self) -> bool {
        let Some((name, _)) = self.text.split_once('=') else { return false };
        let rest = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts_well && (rest.is_empty() || rest == "+" || rest.starts_with('['))
    }
}
