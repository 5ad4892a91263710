//! Scenarios: short stories in YAML that test a policy, ours and that of any project.
//!
//! ```yaml
//! schema: qms.scenarios/1
//! workflow: controlled                 # the life cycle that the stories are about
//! users: { qb: quality }               # besides those of the policy: name and group
//! paths:                               # steps that several stories share
//!   drafted:
//!     - { claude: create, title: Cleaning, state: DRAFT, version: "0.1" }
//!     - { claude: checkin, content: changed, version: "0.2" }
//! scenarios:
//!   - name: an author never reviews the own document
//!     type: SOP                        # what `create` makes where it says nothing else
//!     steps:
//!       - path: drafted
//!       - { claude: route, target: review, assignees: [tu], state: IN_REVIEW }
//!       - { claude: review, outcome: recommend, comment: fine, denied: [not_assigned, is_author, is_owner] }
//!       - { check: SOP-001, owner: claude, seats: [qa, tu] }
//! ```
//!
//! * The first word of a step is a user, and what stands behind it the action. A user who does not
//!   exist may try, too. Every other word is an input of the action, or one of these:
//!   `of` (the document, by id or alias; else the first that the story created), `as` (an alias for
//!   what is created), `type`, `content` (what the user does to the working copy before: `changed`,
//!   `incomplete`, `unreadable`, `stale`, `foreign`, `missing`, `unchanged`; of its one execution item EI-1
//!   `reworded`, `handwritten`, `itemless`), `requires` (what the user writes there as prerequisites), `text`
//!   (what the user writes there below the front matter), `status` (of a run), and what is expected.
//! * People sign with a key of their own, agents and services have a token, so that a policy of every
//!   profile can be played.
//! * Expected are `denied` (the names of all reasons, in any order), or of the document afterwards
//!   `state`, `version`, `effective_version`, `titled`, `owner`, `checked_out_by`, `authors`, `seats`
//!   (who has a seat in the round); `says` (what the user is told besides: `checked_in`,
//!   `unchanged`, `withdrawn`, `seated`, `awaiting`, `ended`, `recorded`); `menu` (the lines open for the user,
//!   as in `route --approval`). A step without `denied` must be permitted. `none` means nobody, or
//!   nothing.
//! * `check: <document>` looks without acting, for the `menu` with the eyes of `for: <user>`.
//! * `path: <name>` takes the steps of a path, with `of` about another document.
//! * An input that is called like one of these words stands under `with: { … }`.
//! * `evidence: [ci-passed]` at a story declares commands besides those of the policy. Nothing is run:
//!   `{ claude: evidence_record, name: ci-passed, status: "1" }` records a run that ended so, without
//!   `status` one that passed.
//! * The templates that the types name are in force from the start; `templates: []` says otherwise. They
//!   have next to no text; `bodies: { TEMPLATE-CR: … }` gives them one. A table with the one item EI-1 stands
//!   behind every text that needs one.
//!
//! Only [`decide`](super::decide::decide) and [`apply`](super::decide::apply) are asked, in a
//! project that lives in memory. No store, no file, no clock.

mod coverage;
mod expected;
mod gather;
mod plan;
mod play;
mod rehearsal;
mod source;
mod step;
mod world;
mod writing;

#[cfg(test)]
mod tests;

pub use self::coverage::{Gap, gaps};
pub use self::play::{Came, Failure, ScenarioOutcome, Taken, run};
#[cfg(test)]
pub(crate) use self::world::World;
