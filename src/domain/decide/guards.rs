//! The guards: one arm each, and the reason that is given where it does not hold.

use std::collections::BTreeMap;

use super::seats::Seating;
use super::{Case, Condition, Reason};
use crate::domain::document::Document;
use crate::domain::front_matter::FrontMatter;
use crate::domain::id::{StateName, TypeName, UserName};
use crate::domain::identity::Isolation;
use crate::domain::offer::Offer;
use crate::domain::policy::{Asked, Effect, Guard, Plain, Target, Transition, Workflow};
use crate::domain::request::CopyFacts;

impl Case<'_> {
    /// What is missing for a guard to hold.
    pub(super) fn unmet(
        &self,
        guard: &Guard,
        workflow: &Workflow,
        edge: &Transition,
        document: &Document,
    ) -> Vec<Reason> {
        match guard {
            // Asked together with what the profile demands.
            Guard::Assurance(_) => Vec::new(),
            Guard::Isolation(least) => self.unmet_isolation(*least).into_iter().collect(),
            Guard::Plain(plain) => self.unmet_plain(*plain, workflow, edge, document),
            Guard::OwnerOr(groups) => {
                let holds = self.owns(document) || self.actor_is_one_of(groups);
                when(!holds, || Self::not_owner(document))
            }
            Guard::AskerOr(groups) => {
                let asked_by = document.round.as_ref().map(|round| &round.asked_by);
                let holds = asked_by == Some(self.actor.name()) || self.actor_is_one_of(groups);
                when(!holds, || {
                    let asker = asked_by.map_or("nobody", UserName::as_str);
                    Reason::new(
                        Condition::NotAsker,
                        format!("the round of {} was opened by {asker}", document.id),
                    )
                })
            }
            Guard::NoUnsettledChild(settled) => self.unmet_children(document, settled),
            Guard::ParentIn(states) => self.unmet_parent_state(states, document).into_iter().collect(),
            Guard::Evidence(names) => self.unmet_evidence(names, edge, document),
            Guard::ReviewedBy(group) => self.unmet_reviewed(group, workflow, document).into_iter().collect(),
        }
    }

    fn unmet_isolation(&self, least: Isolation) -> Option<Reason> {
        let kept = self.actor.isolation();
        (kept < least).then(|| {
            let message = format!("the keys are kept by: {kept}; this needs: {least}");
            Reason::new(Condition::IsolationTooLow, message)
        })
    }

    /// What is missing for a guard to hold where there is no document yet, or none at all.
    pub(super) fn unmet_before(&self, guard: &Guard, asked: Asked) -> Option<Reason> {
        match guard {
            _ if !guard.has_meaning(asked) => Some(misplaced(guard)),
            // Asked together with what the profile demands.
            Guard::Assurance(_) => None,
            Guard::Isolation(least) => self.unmet_isolation(*least),
            Guard::Plain(Plain::Human) => self.unmet_human(),
            Guard::Plain(Plain::TemplateInForce) => self.unmet_new_template(),
            _ => Some(misplaced(guard)),
        }
    }

    fn unmet_plain(
        &self,
        plain: Plain,
        workflow: &Workflow,
        edge: &Transition,
        document: &Document,
    ) -> Vec<Reason> {
        let (me, id) = (self.actor.name(), &document.id);
        let holder = document.checkout.as_ref().map(|checkout| &checkout.by);
        match plain {
            Plain::Owner => when(!self.owns(document), || Self::not_owner(document)),
            Plain::OwnerOrUnowned => {
                when(document.owner.is_some() && !self.owns(document), || Self::not_owner(document))
            }
            Plain::Human => self.unmet_human().into_iter().collect(),
            Plain::Independent => {
                let known = |origin: &str| self.judged_with(document).any(|own| own.is_written_from(origin));
                let shared = self.actor.origins().find(|origin| known(origin));
                shared
                    .into_iter()
                    .map(|origin| {
                        let message = format!("`{me}` comes from `{origin}`, and so does an author of {id}");
                        Reason::new(Condition::NotIndependent, message)
                    })
                    .collect()
            }
            Plain::NotAsker => {
                when(document.round.as_ref().is_some_and(|round| &round.asked_by == me), || {
                    Reason::new(Condition::IsAsker, format!("`{me}` opened this round of {id}"))
                })
            }
            Plain::CheckedOut => when(holder != Some(me), || {
                Reason::new(Condition::NotCheckedOut, format!("`{me}` does not have {id} checked out"))
                    .remedy(self.verb("checkout"))
            }),
            Plain::NotCheckedOut => {
                holder.map(|holder| self.is_checked_out(document, holder)).into_iter().collect()
            }
            Plain::NotCheckedOutByAnother => holder
                .filter(|holder| *holder != me)
                .map(|holder| {
                    Reason::new(Condition::CheckedOutByAnother, format!("{id} is checked out by {holder}"))
                })
                .into_iter()
                .collect(),
            Plain::CopyIsSound => self.unmet_copy(document),
            Plain::FrontMatterComplete => self.unmet_front_matter(workflow, document),
            Plain::NoPlaceholders
            | Plain::NoExecutionPlaceholders
            | Plain::SectionsUnchanged
            | Plain::TemplateSectionsKept
            | Plain::TemplateIsSound
            | Plain::AttachmentsFilledIn => self.unmet_in_text(plain, workflow, edge, document),
            Plain::AssigneesEligible => self.unmet_assignees(workflow, edge, document),
            Plain::AssigneesSeated => Seating::of(self, workflow, &document.state, document)
                .map_or_else(Vec::new, |it| it.unmet_release()),
            Plain::SlotStaysFilled => {
                let seating = Seating::of(self, workflow, &document.state, document);
                seating.and_then(|it| it.unmet_slot()).into_iter().collect()
            }
            Plain::Opened => self.unmet_opened(document).into_iter().collect(),
            Plain::Unanimous => self.unmet_unanimity(workflow, document),
            Plain::NotRejected => self.unmet_since_rejection(workflow, document),
            Plain::ItemsPlanned => self.unmet_planned(edge, document),
            Plain::ItemRecordable => self.unmet_recordable(edge, document),
            Plain::ItemsUnchanged => self.unmet_unchanged(edge, document),
            Plain::ItemsComplete => self.unmet_complete(edge, document),
            Plain::NoOpenChild => self.unmet_children(document, &BTreeMap::new()),
            Plain::AttachmentsIdle => self.unmet_idleness(),
            Plain::AttachmentObjected => self.unmet_objection(document).into_iter().collect(),
            Plain::NeverApproved => when(document.version.major > 0, || {
                Reason::new(
                    Condition::OnceApproved,
                    format!("{id} was approved as {}.0", document.version.major),
                )
            }),
            Plain::OnceApproved => when(document.version.major == 0, || {
                Reason::new(Condition::NeverApproved, format!("{id} was never approved"))
                    .remedy(self.open_to_me(Offer::of("cancel").asking("reason")))
            }),
            Plain::RevisesVersionInForce => when(document.in_force.is_none(), || {
                Reason::new(Condition::NothingToRestore, format!("no version of {id} is in force"))
            }),
            Plain::NewOwnerMayOwn => self.unmet_new_owner(document),
            Plain::PrerequisitesMet => self.unmet_prerequisites(document),
            Plain::NotesPresent => self.unmet_notes(edge, document),
            Plain::NoteIsDue => self.unmet_note(document),
            Plain::TraitsAreNew => self.unmet_traits(),
            Plain::TemplateInForce => vec![misplaced(&Guard::Plain(plain))],
        }
    }

    pub(super) fn owns(&self, document: &Document) -> bool {
        document.owner.as_ref() == Some(self.actor.name())
    }

    fn not_owner(document: &Document) -> Reason {
        let message = match &document.owner {
            Some(owner) => format!("{} is owned by {owner}", document.id),
            None => format!("nobody owns {}", document.id),
        };
        Reason::new(Condition::NotOwner, message)
    }

    fn is_checked_out(&self, document: &Document, holder: &UserName) -> Reason {
        let reason =
            Reason::new(Condition::CheckedOut, format!("{} is checked out by {holder}", document.id));
        if holder == self.actor.name() { reason.remedy(self.verb("checkin")) } else { reason }
    }

    fn unmet_copy(&self, document: &Document) -> Vec<Reason> {
        let reason = |why: &String| Reason::new(Condition::CopyUnsound, why);
        match &self.facts.copy {
            CopyFacts::NotOut => Vec::new(),
            CopyFacts::Sound { front_matter, .. } => {
                self.unmet_requirable(document, &front_matter.requires())
            }
            CopyFacts::Lost(why) => vec![reason(why).remedy(self.verb("checkout"))],
            // A check-out never overwrites what somebody wrote, so that it helps only after that.
            CopyFacts::Spoilt(why) => vec![match self.verb("checkout") {
                Some(_) => reason(&format!(
                    "{why}; correct the file, or move it away and check the document out again"
                )),
                None => reason(why),
            }],
        }
    }

    fn unmet_front_matter(&self, workflow: &Workflow, document: &Document) -> Vec<Reason> {
        // After an approval it stays as it is, but where a text is written anew.
        if !self.writable(workflow, document).is_anew() {
            return Vec::new();
        }
        let id = &document.id;
        // Who has a copy out has only to write.
        let remedy = || if self.facts.copy == CopyFacts::NotOut { self.verb("checkout") } else { None };
        let front_matter = match &self.facts.copy {
            CopyFacts::Sound { front_matter, .. } => Ok(front_matter),
            CopyFacts::NotOut => self.facts.front_matter.as_ref().map_err(String::clone),
            // The copy that would be checked in is unsound; its own guard says so.
            CopyFacts::Lost(_) | CopyFacts::Spoilt(_) => return Vec::new(),
        };
        match front_matter {
            Err(why) => vec![Reason::new(Condition::FrontMatterIncomplete, why).remedy(remedy())],
            Ok(read) => {
                let rules = workflow.document_type(&document.document_type);
                let required = rules.map(|it| it.required.as_slice()).unwrap_or_default();
                let is_out = self.facts.copy != CopyFacts::NotOut;
                let place = if is_out { "; write it in the working copy" } else { "" };
                let missing = required.iter().filter(|field| read.field(field).is_none()).map(|field| {
                    let message = match read.others.get(field) {
                        Some(what) => format!("`{field}` of {id} is {what}, where a text is expected{place}"),
                        None => {
                            format!("the front matter of {id} has no `{field}`, or only a placeholder{place}")
                        }
                    };
                    Reason::new(Condition::FrontMatterIncomplete, message).remedy(remedy())
                });
                let renewed = rules.map(|it| it.renewed.as_slice()).unwrap_or_default();
                let stale = renewed.iter().filter(|field| self.says_the_same(document, read, field));
                let stale = stale.map(|field| {
                    let message = format!("`{field}` of {id} is that of the version in force{place}");
                    Reason::new(Condition::RevisionNotDescribed, message).remedy(remedy())
                });
                let requires = read.is_left_open("requires").then(|| {
                    let message = format!("`requires` of {id} is only a placeholder{place}");
                    Reason::new(Condition::FrontMatterIncomplete, message).remedy(remedy())
                });
                missing.chain(stale).chain(requires).collect()
            }
        }
    }

    /// Tells whether a field of a revision is as in the version in force; what cannot be compared
    /// counts as the same.
    fn says_the_same(&self, document: &Document, read: &FrontMatter, field: &str) -> bool {
        document.in_force.is_some()
            && self.facts.front_matter_in_force.as_ref().is_none_or(|it| it.field(field) == read.field(field))
    }

    /// Whoever is named can answer; and where a round opens, it can be filled.
    fn unmet_assignees(&self, workflow: &Workflow, edge: &Transition, document: &Document) -> Vec<Reason> {
        let wants_names = self
            .policy
            .action(&edge.action)
            .and_then(|action| action.input("assignees"))
            .is_some_and(|input| input.required);
        let projected = self.projected(edge, document);
        let state = match &edge.to {
            Target::State(state) if !edge.effects.contains(&Effect::AddSeats) => state,
            _ => &document.state,
        };
        let Some(seating) = Seating::of(self, workflow, state, &projected) else { return Vec::new() };
        let named = self.inputs.users("assignees");
        if state != &document.state {
            return seating.unmet_plan();
        }
        if wants_names && self.open && named.is_empty() {
            return seating.unmet_somebody().into_iter().collect();
        }
        seating.unmet_names(named)
    }

    fn unmet_idleness(&self) -> Vec<Reason> {
        let busy = self.attachments().filter(|child| child.checkout.is_some() || child.round.is_some());
        busy.map(Self::is_busy).collect()
    }

    pub(super) fn is_busy(child: &Document) -> Reason {
        let message = format!("{} is checked out or in a round", child.id);
        Reason::new(Condition::AttachmentBusy, message).remedy(Offer::of("status").about(&child.id))
    }

    pub(super) fn attachments(&self) -> impl Iterator<Item = &Document> {
        let is_judged =
            |child: &&Document| self.policy.is_judged_with_parent(&child.document_type, &child.state);
        self.facts.children.iter().filter(is_judged)
    }

    pub(super) fn is_attachment(&self, child: &Document) -> bool {
        self.policy.document_type(&child.document_type).is_some_and(|(_, it)| it.attachment)
    }

    /// A child whose type the policy does not know counts as unfinished.
    pub(super) fn is_final(&self, child: &Document) -> bool {
        self.policy.document_type(&child.document_type).is_some_and(|(life, _)| life.is_final(&child.state))
    }

    fn unmet_children(
        &self,
        document: &Document,
        settled: &BTreeMap<TypeName, Vec<StateName>>,
    ) -> Vec<Reason> {
        let is_settled = |child: &&Document| {
            settled.get(&child.document_type).is_some_and(|states| states.contains(&child.state))
        };
        let children = self.facts.children.iter().filter(|child| !is_settled(child));
        let open = children.filter(|child| !self.is_attachment(child) && !self.is_final(child));
        open.map(|child| {
            let message = format!("{} belongs to {} and is {}", child.id, document.id, child.state);
            Reason::new(Condition::OpenChild, message).remedy(Offer::of("status").about(&child.id))
        })
        .collect()
    }

    fn unmet_new_owner(&self, document: &Document) -> Vec<Reason> {
        let may = |name: &UserName| {
            document.owner.as_ref() != Some(name)
                && self.facts.users.get(name).is_some_and(|facts| self.policy.may_own(&facts.user.group))
        };
        let free = |name: &UserName| self.has_answered(&document.document_type, name).is_none();
        match self.inputs.users("to") {
            [] if self.open => when(!self.facts.users.keys().any(|name| may(name) && free(name)), || {
                Reason::new(Condition::CannotOwn, format!("nobody else could own {}", document.id))
            }),
            [name] if may(name) => Vec::new(),
            // A missing name is a missing input, and is said as such.
            [] => Vec::new(),
            names => {
                let names = names.iter().map(UserName::as_str).collect::<Vec<_>>().join(", ");
                vec![Reason::new(
                    Condition::CannotOwn,
                    format!("`{names}` cannot become owner of {}", document.id),
                )]
            }
        }
    }
}

/// A guard that means nothing where it stands holds nowhere; the lint finds it by the same table.
fn misplaced(guard: &Guard) -> Reason {
    Reason::new(Condition::UnknownAction, format!("guard `{}` has no meaning here", guard.name()))
}

fn when(unmet: bool, reason: impl FnOnce() -> Reason) -> Vec<Reason> {
    if unmet { vec![reason()] } else { Vec::new() }
}
