//! Whether a hook signs the calls of the agents of a runtime: one answer, for what is believed, what is advised and
//! what `doctor` finds.

use super::{Found, HookSettings, Runtime};

/// Whether our hook signs the calls of a runtime's agents in a project. What is sure comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signing {
    /// It does.
    Signs,
    /// It is there, or may be, and nobody can tell whether it signs, for these reasons.
    Unknown(Vec<String>),
    /// It is there, and something keeps it from running.
    Hindered(Vec<String>),
    /// It is there, and refuses every call: the runtime does not say which agent calls.
    Refuses,
    /// It is not there.
    Absent,
}

impl Signing {
    /// Finds out by the settings of the project (what they say, or why they cannot be read) and the files of settings
    /// around them. `file` is where they lie; `is_program` tells whether a program is there that is written so.
    pub fn of(
        runtime: Runtime,
        file: &str,
        own: Result<Option<&str>, String>,
        around: &[Found],
        is_program: impl Fn(&str) -> bool,
    ) -> Self {
        let read = own.and_then(|text| {
            let wrong = |why| format!("`{}`: {why}; correct that place", runtime.settings());
            HookSettings::read(runtime, text).map_err(wrong)
        });
        let settings = match read {
            Ok(settings) => settings,
            Err(why) => return Self::Unknown(vec![why]),
        };
        let unknown = settings.unknown_forms();
        let whole = match (settings.has_ours(), unknown.is_empty()) {
            (true, _) => settings.incomplete(),
            (false, false) => Vec::new(),
            (false, true) => return Self::Absent,
        };
        let hindrances = settings.hindrances(file, around);
        let unsure = [unknown, whole, settings.others(around), hindrances.unsure].concat();
        let gone = settings.programs().into_iter().filter(|program| !is_program(program));
        let gone = gone.map(|program| {
            let (own, name) = (runtime.settings(), runtime.name());
            format!(
                "`{own}` runs `{program}`, where no program is; qms hooks install {name} enters another one"
            )
        });
        let sure: Vec<String> = hindrances.sure.into_iter().chain(gone).collect();
        match (sure.is_empty(), unsure.is_empty(), runtime) {
            (true, true, Runtime::Gemini) => Self::Refuses,
            (true, true, _) => Self::Signs,
            (true, false, _) => Self::Unknown(unsure),
            (false, ..) => Self::Hindered([sure, unsure].concat()),
        }
    }

    /// Tells whether a token that the agents share counts only with a ticket. That follows from the settings of the
    /// project alone: the files around them are of whoever calls, who could switch the hook off for one call.
    pub fn demands_tickets(&self) -> bool {
        *self != Self::Absent
    }

    /// Tells whether our hook is known to be in the settings of the project.
    pub fn is_installed(&self) -> bool {
        matches!(self, Self::Signs | Self::Hindered(_) | Self::Refuses)
    }

    /// Says what is wrong with it.
    pub fn faults(self) -> Vec<String> {
        match self {
            Self::Unknown(why) | Self::Hindered(why) => why,
            Self::Signs | Self::Refuses | Self::Absent => Vec::new(),
        }
    }
}

#[cfg(test)]
#[path = "signing/tests.rs"]
mod tests;
