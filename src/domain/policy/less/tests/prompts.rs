//! What those who judge are asked to look at.

use super::*;
use crate::domain::policy::Prompt;

/// The files of the policy with the prompts that come with the program.
fn files() -> Sources {
    let mut files = fixture::sources();
    let prompts = [
        ("CR.post_review.yaml", include_str!("../../../../../prompts/CR.post_review.yaml")),
        ("CR.pre_review.yaml", include_str!("../../../../../prompts/CR.pre_review.yaml")),
        ("INV.post_review.yaml", include_str!("../../../../../prompts/INV.post_review.yaml")),
        ("INV.pre_review.yaml", include_str!("../../../../../prompts/INV.pre_review.yaml")),
        ("RTM.review.yaml", include_str!("../../../../../prompts/RTM.review.yaml")),
        ("SOP.review.yaml", include_str!("../../../../../prompts/SOP.review.yaml")),
        ("TEMPLATE.review.yaml", include_str!("../../../../../prompts/TEMPLATE.review.yaml")),
        ("approval.yaml", include_str!("../../../../../prompts/approval.yaml")),
        ("post_review.yaml", include_str!("../../../../../prompts/post_review.yaml")),
        ("pre_review.yaml", include_str!("../../../../../prompts/pre_review.yaml")),
        ("retirement.yaml", include_str!("../../../../../prompts/retirement.yaml")),
        ("review.yaml", include_str!("../../../../../prompts/review.yaml")),
        ("termination.yaml", include_str!("../../../../../prompts/termination.yaml")),
    ];
    files.0.extend(prompts.map(|(name, text)| (format!("{}{name}", Sources::PROMPTS), text.to_owned())));
    files
}

fn lost(before: &Sources, after: &Sources) -> Vec<String> {
    let now = shipped();
    now.less(&now, (before, after), &UnderWay::all(&now)).into_iter().collect()
}

const LEAST: &str = "schema: qms.prompt/1\npurpose: Say yes\n";

// REQ-237
#[test]
fn a_prompt_that_is_gone_or_asks_for_less_is_less() {
    let now = files();
    let prompts: Vec<&String> = now.0.keys().filter(|name| Sources::is_prompt(name)).collect();
    assert!(prompts.len() > 10);
    assert_eq!(lost(&now, &now), <[String; 0]>::default());
    for name in prompts {
        let mut gone = now.clone();
        gone.0.remove(name);
        let mut emptied = now.clone();
        emptied.0.insert(name.clone(), LEAST.to_owned());
        // A general one may be asked of nobody, where every type has its own.
        for (how, next) in [("gone", gone), ("emptied", emptied)] {
            let found = lost(&now, &next);
            assert!(found.iter().all(|line| line.contains(&format!("`{name}`"))), "{found:?}");
            assert!(!found.is_empty(), "{name} is {how}");
        }
        // Each thing that it says by itself.
        let text = &now.0[name];
        let prompt = Prompt::parse(name, text).unwrap();
        let items = prompt.checklists.iter().flat_map(|list| &list.items);
        let said: Vec<&String> = items
            .flat_map(|item| [&item.item, &item.evidence])
            .chain(&prompt.reminders)
            .chain([&prompt.purpose])
            .collect();
        for one in said.into_iter().filter(|one| text.matches(one.as_str()).count() == 1) {
            let mut next = now.clone();
            next.0.insert(name.clone(), text.replace(one, "Anything"));
            assert_eq!(lost(&now, &next).len(), 1, "{name}: {one}");
        }
    }
}

// REQ-237
#[test]
fn a_prompt_that_takes_the_place_of_a_more_general_one_is_compared_with_it() {
    let mut now = Sources::default();
    let text = "checklists: { Scope: [{ item: It is needed, evidence: A reason }] }\n\
                sections: [{ title: Style, text: \"Be exact\" }]\nreminders: [\"Look twice\"]\n";
    now.0.insert("prompts/review.yaml".to_owned(), LEAST.to_owned() + text);
    let mut next = now.clone();
    next.0.insert("prompts/CR.pre_review.yaml".to_owned(), LEAST.to_owned());
    let lines = [
        "`prompts/review.yaml` is not asked any more: the section `Style`",
        "`prompts/review.yaml` is not asked any more: to check `It is needed`",
        "`prompts/review.yaml` is not asked any more: to remember `Look twice`",
    ];
    assert_eq!(lost(&now, &next), lines);
    // One that asks for all of it and more asks for no less.
    next.0.insert(
        "prompts/CR.pre_review.yaml".to_owned(),
        format!("{LEAST}{text}").replace("Look twice\"", "Look twice\", Sleep"),
    );
    assert_eq!(lost(&now, &next), <[String; 0]>::default());
    // Nor does the first one.
    assert_eq!(lost(&Sources::default(), &now), <[String; 0]>::default());
    let cr = UnderWay { types: [name("SOP")].into(), ..UnderWay::default() };
    next.0.insert("prompts/CR.pre_review.yaml".to_owned(), LEAST.to_owned());
    assert_eq!(shipped().less(&shipped(), (&now, &next), &cr), BTreeSet::new());
}
