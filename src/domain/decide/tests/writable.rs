//! After an approval nothing is asked of a text that nobody can write.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::dice::{Dice, actor, config, name, stream, user_of};
use crate::domain::decide::menu;
use crate::domain::document::TemplateVersion;
use crate::domain::facts::{Facts, ItemFacts, Texts};
use crate::domain::front_matter;
use crate::domain::id::{StateName, Version};
use crate::domain::policy::{Effect, Guard, Plain, Policy, Target, Workflow, fixture};
use crate::domain::request::CopyFacts;
use crate::domain::text::{Declared, Season, Text, edits, locked};

const TEMPLATE: &str = "---\nid: TEMPLATE-CR\ntype: TEMPLATE\n---\n# {{title}}\n\n## 1 Plan\n\n{{plan}}\n\n\
    ## 2 Rules\n<!-- locked -->\n\nAs always.\n\n## 3 Done\n<!-- open: execution -->\n\n[what was done]\n";

/// The guards that look into texts; a policy can ask them anywhere.
const GUARDS: [Plain; 8] = [
    Plain::NoPlaceholders,
    Plain::NoExecutionPlaceholders,
    Plain::FrontMatterComplete,
    Plain::TemplateSectionsKept,
    Plain::TemplateIsSound,
    Plain::ItemsPlanned,
    Plain::ItemsUnchanged,
    Plain::ItemsComplete,
];

/// What such guards say of a text that has to be written otherwise.
const TOLD: [&str; 7] = [
    "placeholder_left",
    "text_unclear",
    "front_matter_incomplete",
    "revision_not_described",
    "section_locked",
    "template_unsound",
    "items_unplanned",
];

/// Lines of texts as people write them.
const LINES: [&str; 16] = [
    "The pump runs at the rate of table 2 of the report [3].",
    "The list is read from x[0] on; routes are `[\"route\"]` and [\"route\"].",
    "A click on [Save] ends the entry, see [the page](#).",
    "[what was done]",
    "TBD",
    "Limit: TODO",
    "{{who}}",
    "}} and {{",
    "- [ ] weighed",
    "[^1]: a note",
    "```",
    "<!-- a comment",
    "| [a] | {{b}} |",
    "<table><tr><td>",
    "## 2 Rules",
    "",
];

const TABLE: &str = "| Item | Task | Expected result | Actual result | Evidence | Outcome | Performed by | Date |\n\
    |---|---|---|---|---|---|---|---|\n| EI-1 | Set [0] | TBD | [actual] | | | | |\n";

fn text(dice: &mut Dice<'_>) -> String {
    let lines = |dice: &mut Dice<'_>| {
        let count = dice.roll(5);
        (0..count).flat_map(|_| [*dice.pick(&LINES), "\n"]).collect::<String>()
    };
    let title = *dice.pick(&["title: Scales\n", "title: TBD\n", "title: \"{{title}}\"\n", ""]);
    let table = if dice.one_in(2) { TABLE } else { "" };
    let (plan, rules, done) = (lines(dice), lines(dice), lines(dice));
    format!(
        "---\nid: X-1\ntype: CR\n{title}---\n# Scales\n\n## 1 Plan\n\n{plan}\n{table}\n## 2 Rules\n\n{rules}\n## 3 Done\n\n{done}"
    )
}

/// The policy without its guards, and with some that look into texts at every step.
fn policy(dice: &mut Dice<'_>) -> Policy {
    let mut policy = fixture::stripped();
    for edge in policy.workflows.values_mut().flat_map(|life| &mut life.transitions) {
        edge.guards = GUARDS.iter().filter(|_| dice.one_in(2)).map(|it| Guard::Plain(*it)).collect();
        if edge.effects.contains(&Effect::CheckIn) && !dice.one_in(6) {
            edge.guards.push(Guard::Plain(Plain::SectionsUnchanged));
        }
    }
    policy
}

/// The states in which a check-in takes in what is checked out in a state, and whether each of them holds what is locked.
fn written<'a>(
    life: &'a Workflow,
    state: &StateName,
    origin: Option<&StateName>,
) -> (BTreeSet<&'a StateName>, bool) {
    let out = life.leaving(state).filter(|edge| edge.effects.contains(&Effect::CheckOut));
    let led = out.filter_map(|edge| match &edge.to {
        Target::State(to) => Some(to),
        Target::Origin => origin,
        Target::Same => None,
    });
    let states: BTreeSet<&StateName> = led.chain([state]).collect();
    let (mut written, mut holds) = (BTreeSet::new(), true);
    for from in life.states.iter().map(|it| &it.name).filter(|it| states.contains(it)) {
        for edge in life.leaving(from).filter(|edge| edge.effects.contains(&Effect::CheckIn)) {
            written.insert(from);
            holds &= edge.guards.contains(&Guard::Plain(Plain::SectionsUnchanged));
        }
    }
    (written, holds)
}

/// The text as somebody can leave it who writes as little as possible into each of these states.
fn mended(life: &Workflow, states: &BTreeSet<&StateName>, text: &str) -> String {
    let template = Text::of(TEMPLATE);
    let declared = Declared::of(&template);
    let mut lines: Vec<&str> = text.lines().collect();
    for state in states.iter().filter_map(|name| life.state(name)) {
        let is_locked = locked(&declared, Season::Phase(&state.phase), &Text::of(text));
        lines
            .iter_mut()
            .zip(&is_locked)
            .filter(|(_, is_locked)| !**is_locked)
            .for_each(|(line, _)| *line = "");
        if states.len() == 1 {
            let now = lines.join("\n") + "\n";
            assert!(edits(&declared, Season::Phase(&state.phase), text, &now).is_empty(), "{text}\n{now}");
        }
    }
    lines.join("\n") + "\n"
}

fn told(policy: &Policy, facts: &Facts) -> Vec<String> {
    let me = actor(&user_of("claude", "initiator"));
    let missing = menu(policy, facts, &me).into_iter().flat_map(|line| line.missing);
    missing.filter(|it| TOLD.contains(&it.name.as_str())).map(|it| it.message).collect()
}

proptest! {
    #![proptest_config(config(1500))]

    // REQ-297
    #[test]
    fn what_nobody_can_write_any_more_keeps_no_approved_document_where_it_is(numbers in stream(200)) {
        let mut dice = Dice::new(&numbers);
        let policy = policy(&mut dice);
        let mut facts = dice.facts(&policy);
        let mut document = dice.document(&policy);
        document.template = Some(TemplateVersion { id: name("TEMPLATE-CR"), version: Version::new(1, 0) });
        document.version = Version::new(1, 0);
        document.checkout = None;
        let Some((life, _)) = policy.standing(&document) else { return Ok(()) };
        let origin = document.round.as_ref().map(|round| &round.origin);
        let (states, holds) = written(life, &document.state, origin);
        prop_assume!(holds);
        let before = text(&mut dice);
        let text = mended(life, &states, &before);
        facts.texts = Texts {
            stored: Some(text.clone()),
            template: Some(TEMPLATE.to_owned()),
            approved: Some(text.clone()),
            ..Texts::default()
        };
        facts.items = ItemFacts::of(&facts.texts);
        facts.front_matter = front_matter::parse("X-1.md", text.as_bytes());
        facts.copy = CopyFacts::NotOut;
        facts.document = Some(document);
        let told = told(&policy, &facts);
        prop_assert!(told.is_empty(), "{told:#?}\n{text}");
    }
}

// REQ-149, REQ-297
#[test]
fn what_can_be_written_is_asked_for_after_an_approval_as_before() {
    let policy = &fixture::candidate().policy;
    let mut dice = Dice::new(&[]);
    for (line, is_asked) in
        [("[what was done]", true), ("TBD", true), ("It was done, see [3].", true), ("It was done.", false)]
    {
        let mut facts = dice.facts(policy);
        let mut document = dice.document(policy);
        (document.document_type, document.workflow) = (name("CR"), name("executable"));
        (document.state, document.version) = (name("IN_EXECUTION"), Version::new(1, 0));
        document.template = Some(TemplateVersion { id: name("TEMPLATE-CR"), version: Version::new(1, 0) });
        (document.checkout, document.round) = (None, None);
        let text = format!(
            "---\nid: X-1\ntype: CR\ntitle: Scales\n---\n# Scales\n\n## 1 Plan\n\nAs in [3]. TBD\n\n{TABLE}\n## 2 Rules\n\nAs always.\n\n## 3 Done\n\n{line}\n"
        );
        facts.texts =
            Texts { stored: Some(text.clone()), template: Some(TEMPLATE.to_owned()), ..Texts::default() };
        facts.texts.approved = Some(text.clone());
        facts.items = ItemFacts::of(&facts.texts);
        facts.front_matter = front_matter::parse("X-1.md", text.as_bytes());
        facts.copy = CopyFacts::NotOut;
        facts.document = Some(document);
        assert_eq!(!told(policy, &facts).is_empty(), is_asked, "{line}: {:?}", told(policy, &facts));
    }
}

// REQ-297
#[test]
fn what_the_template_fixes_or_the_parent_keeps_from_being_written_is_asked_of_nobody() {
    let policy = &fixture::candidate().policy;
    let mut dice = Dice::new(&[]);
    let text = |plan: &str, rules: &str| {
        format!(
            "---\nid: X-1\ntype: CR\ntitle: Scales\nrevision_summary: All\n---\n# Scales\n\n## 1 Plan\n\n{plan}\n\n\
             ## 2 Rules\n<!-- locked -->\n\n{rules}\n\n## 3 Done\n<!-- open: execution -->\n\nIt was done.\n"
        )
    };
    let mut asked = |kind: &str, state: &str, parent: Option<&str>, text: &str| {
        let mut facts = dice.facts(policy);
        let mut document = dice.document(policy);
        let (life, _) = policy.document_type(&name(kind)).unwrap();
        (document.document_type, document.workflow) = (name(kind), life.name.clone());
        (document.state, document.version, document.in_force) = (name(state), Version::new(1, 1), None);
        document.template = Some(TemplateVersion { id: name("TEMPLATE-CR"), version: Version::new(1, 0) });
        (document.checkout, document.round) = (None, None);
        facts.parent = parent.map(|state| {
            let mut parent = dice.document(policy);
            (parent.document_type, parent.workflow) = (name("CR"), name("executable"));
            parent.state = name(state);
            parent
        });
        let template = TEMPLATE.replace("As always.", "TBD, as always.\n\nRule\n---");
        facts.texts = Texts { stored: Some(text.to_owned()), template: Some(template), ..Texts::default() };
        facts.texts.approved = facts.texts.stored.clone();
        facts.items = ItemFacts::of(&facts.texts);
        facts.front_matter = front_matter::parse("X-1.md", text.as_bytes());
        facts.copy = CopyFacts::NotOut;
        facts.document = Some(document);
        told(policy, &facts)
    };
    let fixed = "TBD, as always.\n\nRule\n---";
    for (kind, state, parent, plan, rules, is_asked) in [
        // A draft that is written anew: what its template fixes stays as it is.
        ("RTM", "DRAFT", None, "Plan.", fixed, false),
        ("RTM", "DRAFT", None, "TBD", fixed, true),
        ("RTM", "DRAFT", None, "Plan\n---", fixed, true),
        // A record whose parent lets nothing be checked in.
        ("VR", "IN_EXECUTION", Some("IN_EXECUTION"), "TBD", fixed, false),
        ("VR", "IN_EXECUTION", Some("POST_APPROVED"), "TBD", fixed, false),
    ] {
        let text = text(plan, rules);
        let told = asked(kind, state, parent, &text);
        assert_eq!(!told.is_empty(), is_asked, "{kind} {state} {parent:?} {plan:?}: {told:?}");
        let open = text.replace("It was done.", "TBD");
        let can = parent.is_none_or(|parent| parent == "IN_EXECUTION");
        let told = asked(kind, state, parent, &open);
        assert_eq!(!told.is_empty(), can, "{kind} {state} {parent:?} {plan:?}: {told:?}");
    }
}
