//! What the signatures of people mean: said by every transition, and never the opposite of a verdict.

use super::Faults;
use crate::domain::audit::Meaning;
use crate::domain::policy::{Transition, VerdictKind};

impl Faults {
    pub(super) fn meaning(&mut self, edge: &Transition) {
        let Some(meaning) = edge.meaning else {
            let words: Vec<&str> = Meaning::ALL.iter().map(|one| one.as_str()).collect();
            let message = format!(
                "`{}` does not say what the signature of a person means here: add `meaning:` with one of {}",
                edge.action,
                words.join(", ")
            );
            self.add(&edge.place, "meaning_missing", message);
            return;
        };
        let must = match edge.verdict {
            None => {
                if matches!(meaning, Meaning::Reviewed | Meaning::Approved | Meaning::Rejected) {
                    let message = format!("`{}` gives no verdict, and `{meaning}` is one", edge.action);
                    self.add(&edge.place, "meaning_of_verdict", message);
                }
                return;
            }
            Some(VerdictKind::Review) => Meaning::Reviewed,
            Some(VerdictKind::Approve) => Meaning::Approved,
            Some(VerdictKind::Reject) => Meaning::Rejected,
        };
        if meaning != must {
            let message = format!("`{}` gives a verdict that means `{must}`, not `{meaning}`", edge.action);
            self.add(&edge.place, "meaning_of_verdict", message);
        }
    }
}
