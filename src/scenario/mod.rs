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
//!       - { claude: review, outcome: recommend, comment: fine, denied: [group_not_allowed, not_assigned, is_author, is_owner] }
//!       - { check: SOP-001, owner: claude, seats: [qa, tu] }
//! ```
//!
//! * The first word of a step is a user, and what stands behind it the action. A user who does not
//!   exist may try, too. Every other word is an input of the action, or one of these:
//!   `of` (the document, by id or alias; else the first that the story created), `as` (an alias for
//!   what is created), `type`, `content` (what the user does to the working copy before: `changed`,
//!   `incomplete`, `unreadable`, `stale`, `foreign`, `missing`, `unchanged`; of its one execution item EI-1
//!   `reworded`, `handwritten`, `itemless`), `requires` (what the user writes there as prerequisites), `text`
//!   (what the user writes there below the front matter: the same text makes the same content), `status` (of
//!   a run), and what is expected.
//! * The users of the policy and of the story have a credential from the start: people a key of their own, with
//!   which they sign, agents and services a token. A user who is added on the way has none. Each acts with the
//!   best that they have, unless `proof` says otherwise: `claimed` (nothing is presented), `token`, `signature`,
//!   `unlock` (the token of an unlocked key), `code` (with which a person makes the first key), `spawn` (the
//!   token of an agent that was started), `ticket` (made by the hook of an agent runtime for this step).
//! * Getting and losing credentials is a step, too, under the name by which it is recorded:
//!   `{ lead: token_issue, user: ines }` (a person gets a code), `key_create`, `unlock`, `token_rotate`,
//!   `credential_revoke`, `key_acknowledge`, `recover` (with `user`), `user_bind` (with `runtime`),
//!   `agent_started` (with `agent` and `of`),
//!   `agent_stop` (with `agent`).
//! * `{ lead: policy_adopt, change: { controlled.yaml: { "by: [quality, reviewer]": "by: [quality]" } } }`
//!   puts the files that are tested in force, with these texts in the place of others. A round that is open
//!   then goes on by the policy that it was opened under.
//! * Expected are `denied` (the names of all reasons, in any order; `not_found` where something named does not
//!   exist), or of the document afterwards
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
//!   behind every text that needs one. With `procedures: true` the procedures that the policy cites are in force,
//!   too, without which none is adopted; they take the first numbers.
//!
//! Every story is played by a [`Session`](crate::session::Session) of its own over the store in memory, which
//! verifies, decides and seals as it does for the program. What it has from here is a clock that moves a
//! second with each step, and secrets that are the same each time.

mod coverage;
mod expected;
mod holdings;
mod outcome;
mod plan;
mod play;
mod registry;
mod rehearsal;
mod source;
mod stage;
mod step;
mod writing;

#[cfg(test)]
mod tests;

pub use self::coverage::{Gap, gaps};
pub use self::holdings::Means;
pub use self::outcome::{Came, Failure, ScenarioOutcome, Taken};
#[cfg(test)]
pub(crate) use self::play::play;
pub use self::play::run;
#[cfg(test)]
pub(crate) use self::stage::Stage;
#[cfg(test)]
pub(crate) use self::writing::templates;
