//! What the page and the tags may look like, and what is said where they do not.

use super::page::{Page, Requirement};
use super::tags::{Found, of_rust, of_yaml};

fn faults(page: &str) -> Vec<String> {
    Page::parse(page).faults
}

#[test]
fn requirements_are_read_with_their_headings_and_their_continued_lines() {
    let page = Page::parse(
        "# Page\n\n## One\n\n- **REQ-001** A `thing` is\n  promised.\n- **REQ-003** Another is.\n\n## Two\n\n\
         - **REQ-002** (withdrawn) A third was.\n\n| failure | what | shown |\n| 3 | it broke | REQ-001, REQ-003 |\n",
    );
    assert_eq!(page.faults, Vec::<String>::new());
    let requirement = |area: &str, sentence: &str, is_withdrawn| Requirement {
        area: area.to_owned(),
        sentence: sentence.to_owned(),
        is_withdrawn,
    };
    assert_eq!(page.requirements[&1], requirement("One", "A `thing` is promised.", false));
    assert_eq!(page.requirements[&2], requirement("Two", "A third was.", true));
    assert_eq!(page.areas, ["One", "Two"]);
    assert_eq!(page.failures[&3], [1, 3]);
}

#[test]
fn numbers_are_in_order_given_once_and_never_taken_away() {
    let said = |page: &str, words: &str| {
        let faults = faults(page);
        assert!(faults.len() == 1 && faults[0].contains(words), "{words}: {faults:?}");
    };
    said("## A\n- **REQ-001** One.\n- **REQ-003** Three.\n", "REQ-002 is missing");
    said("## A\n- **REQ-002** Two.\n- **REQ-001** One.\n", "REQ-001 stands after REQ-002");
    said("## A\n- **REQ-001** One.\n## B\n- **REQ-001** Two.\n", "REQ-001 is given twice");
    said("- **REQ-001** One.\n", "stands under no heading");
    said("## A\n- **REQ-001** One. Two.\n", "is not one sentence");
    said("## A\n- **REQ-001** One\n", "is not one sentence");
    said("## A\n- **REQ-001** One.\n- **REQ-002** One.\n", "says what another one says");
    for none in ["REQ-1", "REQ-0001", "REQ-000", "REQ-00x", "REQ-"] {
        said(&format!("## A\n- **{none}** One.\n"), "is no requirement");
    }
    said("## A\n- **REQ-001** One.\n\nSee REQ-001 for more.\n", "stands where no requirement begins");
    said("## A\n- **REQ-001** One.\n| 3 | broke | REQ-002 |\n", "failure 3: REQ-002 is no requirement");
    said(
        "## A\n- **REQ-001** (withdrawn) One.\n| 3 | broke | REQ-001 |\n",
        "failure 3: REQ-001 is no requirement",
    );
    said("## A\n- **REQ-001** One.\n| 3 | broke | none |\n", "failure 3 names no requirement");
}

/// The tests that were found, in few words.
fn told(found: &Found) -> Vec<String> {
    let one = |it: &super::Tagged| format!("{:?} {} {}", it.numbers, it.name, it.is_on_request);
    found.tagged.iter().map(one).collect()
}

#[test]
fn a_tag_stands_directly_above_a_test() {
    for (text, expected) in [
        ("// REQ-001, REQ-012\n#[test]\nfn a_b() {\n", "[1, 12] a_b false"),
        ("/// Says why.\n// REQ-001\n#[test]\nfn a() -> Outcome {\n", "[1] a false"),
        ("    // REQ-001\n    #[test]\n    fn a(it in 0..3) {\n", "[1] a false"),
        ("// REQ-001\n#[test]\n#[ignore = \"slow\"]\nfn a() {\n", "[1] a true"),
        ("contract! {\n    reads:\n        // REQ-001\n        a_b\n        c;\n}\n", "[1] a_b false"),
        ("contract! {\n    reads:\n        // REQ-001\n        c;\n}\n", "[1] c false"),
    ] {
        let found = of_rust("x.rs", text);
        assert_eq!((told(&found), found.faults.len()), (vec![expected.to_owned()], 0), "{text}");
    }
    let found =
        of_yaml("x.yaml", "scenarios:\n  # REQ-002\n  - name: it is refused, and told\n    type: CR\n");
    assert_eq!((told(&found), found.faults.len()), (vec!["[2] it is refused, and told false".to_owned()], 0));
}

#[test]
fn a_tag_that_shows_nothing_is_found() {
    for (text, words) in [
        ("// REQ-001\n\n#[test]\nfn a() {\n", "stands above no test"),
        ("// REQ-001\nfn a() {\n", "stands above no test"),
        ("// REQ-001\n/// Says why.\n#[test]\nfn a() {\n", "stands above no test"),
        ("fn a() {\n    // REQ-001\n    b\n}\n", "stands above no test"),
        ("contract! {\n}\n\nfn a() {\n    // REQ-001\n    b\n}\n", "stands above no test"),
        ("// REQ-001", "stands above no test"),
        ("// REQ-002, REQ-001\n#[test]\nfn a() {\n", "is not in order"),
        ("// REQ-001, REQ-001\n#[test]\nfn a() {\n", "is not in order"),
        ("// REQ-1\n#[test]\nfn a() {\n", "is no tag"),
        ("//REQ-001\n#[test]\nfn a() {\n", "is no tag"),
        ("/// REQ-001\n#[test]\nfn a() {\n", "is no tag"),
        ("// REQ-001 and others\n#[test]\nfn a() {\n", "is no tag"),
        ("// REQ-001,REQ-002\n#[test]\nfn a() {\n", "is no tag"),
        ("// Shows REQ-001.\n#[test]\nfn a() {\n", "is no tag"),
        ("#[test] // REQ-001\nfn a() {\n", "is no tag"),
    ] {
        let found = of_rust("x.rs", text);
        assert!(found.faults.len() == 1 && found.faults[0].contains(words), "{text}: {:?}", found.faults);
    }
    for text in ["# REQ-001\nname: x\n", "# REQ-001\n- { claude: create }\n", "- name: x # REQ-001\n"] {
        assert_eq!(of_yaml("x.yaml", text).faults.len(), 1, "{text}");
    }
    // What is said in a text is no tag.
    assert_eq!(of_rust("x.rs", "let text = \"// REQ-001\";\n").faults, Vec::<String>::new());
}
