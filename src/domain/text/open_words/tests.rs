use super::*;

fn words() -> OpenWords {
    let anywhere =
        |words: &[&str]| words.iter().map(|it| OpenWord::Anywhere((*it).to_owned())).collect::<Vec<_>>();
    let mut refuse = anywhere(&["TBD", "TBC", "T.B.D.", "FIXME", "____"]);
    refuse.extend(["TODO", "YYYY-MM-DD"].map(|word| OpenWord::Alone(word.to_owned())));
    OpenWords {
        refuse,
        warn: anywhere(&["XXX", "???", "to be determined", "à définir", "未定", "[…]", "<…>"]),
    }
}

// REQ-299
#[test]
fn a_word_that_means_still_open_is_found_and_no_part_of_another_one() {
    for (text, expected) in [
        ("Interval: TBC", &["TBC"] as &[&str]),
        ("Interval: T.B.D.", &["T.B.D."]),
        ("tbd, Fixme", &["tbd", "Fixme"]),
        ("On: ____________ and ___", &["____________"]),
        ("____________\n***", &[]),
        ("SOP-XXX, xxx - TBD-1, -TBC", &["SOP-XXX", "xxx", "TBD-1", "-TBC"]),
        ("what??? why? ??", &["???"]),
        ("À DÉFINIR avec l'équipe; à définirs", &["À DÉFINIR"]),
        ("期限：未定。", &["未定"]),
        ("Limit: To Be Determined by QA", &["To Be Determined"]),
        ("TBDS STBD TBD_1 XXXL", &[]),
        ("TODO", &["TODO"]),
        ("- TODO\n* **TODO**\n> TODO!", &["TODO", "TODO", "TODO"]),
        ("1. TODO\n## 3.1 TODO\n- [x] TODO\n(a) TODO\na. TODO", &["TODO"; 5]),
        ("2 kg TODO, 3 TODO items", &[]),
        ("TODO: weigh; TODO(kim) TODO-7", &["TODO", "TODO", "TODO"]),
        ("Frist: TODO.", &["TODO"]),
        ("Weigh (TODO) twice", &["TODO"]),
        ("TODO EL PERSONAL, y TODO el mundo", &[]),
        ("Nota: TODO EL PERSONAL", &[]),
        ("todo", &[]),
        ("Date: YYYY-MM-DD", &["YYYY-MM-DD"]),
        ("Date: [YYYY-MM-DD]", &["YYYY-MM-DD"]),
        ("Dates are written YYYY-MM-DD.", &[]),
        ("", &[]),
    ] {
        let found: Vec<&str> =
            words().find(text, true).iter().map(|(from, to, _)| &text[*from..*to]).collect();
        assert_eq!(found, expected, "{text}");
    }
    assert_eq!(words().find("TBD XXX", true).iter().map(|it| it.2).collect::<Vec<_>>(), [true, false]);
}

// REQ-299
#[test]
fn words_in_brackets_look_like_a_field_or_do_not() {
    for field in ["Name", "Name of the quality manager", "Eigentümer", "责任者", "who/when", "Owner's name"]
    {
        assert!(looks_like_a_field(field), "{field}");
    }
    for other in ["3", "0", "a", "\"route\"", "ISO 9001", "^1", "x", "a:b", "a@b", "1 Plan", ""] {
        assert!(!looks_like_a_field(other), "{other}");
    }
    for (text, expected) in [
        ("Owner: <name of the owner>", &["<name of the owner>"] as &[&str]),
        ("<Name>, <email address here>", &["<Name>", "<email address here>"]),
        (
            "a<br>b <br/> <b>c</b> <a href=\"x\">d</a> <https://example.com> <a@example.com> <!-- Name -->",
            &[],
        ),
        ("x < y and z > a <details open>", &[]),
        ("<name\nof>", &[]),
    ] {
        let found: Vec<&str> = angles(text).iter().map(|(from, to)| &text[*from..*to]).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn long_texts_of_anything_are_searched_in_a_moment() {
    for piece in ["TBD ", "_", "?", "TODO", "TODO:", "<", "<a", "未", "à définir", "\n", "(", "T.B.D"] {
        let text = piece.repeat(300_000 / piece.len());
        words().find(&text, true);
        angles(&text);
    }
}
