//! That pictures are complete, the same every time, readable, and safe whatever the names.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::diagram::diagram;
use super::layers::{Point, Size};
use super::place::{place, size_of_label};
use super::{dot, mermaid, svg};
use crate::domain::id::{ActionName, StateName};
use crate::domain::policy::{Target, Transition, Workflow, fixture};

fn lives() -> impl Iterator<Item = &'static Workflow> {
    fixture::candidate().policy.workflows.values()
}

fn drawn<T>(picture: Option<T>) -> T {
    picture.unwrap_or_else(|| panic!("it is too large"))
}

fn all(workflow: &Workflow) -> [String; 3] {
    [mermaid(workflow), dot(workflow), drawn(svg(workflow))]
}

#[test]
fn a_picture_is_the_same_every_time() {
    for life in lives() {
        assert_eq!(all(life), all(life));
    }
}

#[test]
fn a_picture_shows_every_state_and_every_action() {
    for life in lives() {
        for picture in all(life) {
            for state in &life.states {
                assert!(picture.contains(state.name.as_str()), "{} is not in {picture}", state.name);
            }
            for edge in &life.transitions {
                assert!(picture.contains(edge.action.as_str()), "{} is not in {picture}", edge.action);
            }
        }
    }
}

#[test]
fn an_action_from_many_states_to_one_is_drawn_once_with_its_way_back() {
    let life = lives().find(|life| life.name.as_str() == "executable");
    let shown = diagram(life.unwrap_or_else(|| panic!("it is gone")));
    let crowds: Vec<_> =
        shown.crowds.iter().map(|it| (it.from.len(), it.labels.join(","), it.back.join(","))).collect();
    let expected = [(6, "terminate", "reject,withdraw"), (4, "cancel", "")];
    assert_eq!(crowds, expected.map(|(n, labels, back)| (n, labels.to_owned(), back.to_owned())));
    assert!(shown.arrows.iter().all(|arrow| !arrow.labels.contains(&"terminate".to_owned())));
    assert_eq!(shown.everywhere, ["transfer"]);
}

type Rectangle = (String, Point, Size);

/// Two rectangles have some area in common.
fn overlap(a: &Rectangle, b: &Rectangle) -> bool {
    let close = |a: f64, b: f64, sizes: f64| (a - b).abs() < sizes / 2.0;
    close(a.1.x, b.1.x, a.2.width + b.2.width) && close(a.1.y, b.1.y, a.2.height + b.2.height)
}

/// The boxes and the labels of a picture.
fn rectangles(life: &Workflow) -> Vec<Rectangle> {
    let places = drawn(place(&diagram(life)));
    let boxes = places.layout.boxes.iter().zip(&places.boxes);
    let mut all: Vec<Rectangle> =
        boxes.map(|(middle, (what, size))| (format!("{what:?}"), *middle, *size)).collect();
    for (route, (words, _)) in places.layout.lines.iter().zip(&places.lines) {
        all.push((words.join(" "), route.label, size_of_label(words)));
    }
    all
}

fn overlaps(life: &Workflow) -> Vec<String> {
    let all = rectangles(life);
    let pairs = all.iter().enumerate().flat_map(|(at, a)| all.iter().skip(at + 1).map(move |b| (a, b)));
    pairs.filter(|(a, b)| overlap(a, b)).map(|(a, b)| format!("{} and {}", a.0, b.0)).collect()
}

/// Lines that run sideways where a label or a box is; the end of a line lies at its own box.
fn struck(life: &Workflow) -> Vec<String> {
    let places = drawn(place(&diagram(life)));
    let rectangles = rectangles(life);
    let mut struck = Vec::new();
    for (route, (words, _)) in places.layout.lines.iter().zip(&places.lines) {
        for (a, b) in
            route.points.iter().zip(route.points.iter().skip(1)).filter(|(a, b)| (a.x - b.x).abs() > 0.05)
        {
            for (name, middle, size) in &rectangles {
                let across =
                    a.x.min(b.x) < middle.x + size.width / 2.0 && a.x.max(b.x) > middle.x - size.width / 2.0;
                let (top, bottom) = (middle.y - size.height / 2.0, middle.y + size.height / 2.0);
                let down = a.y.min(b.y) + 0.05 < bottom && a.y.max(b.y) - 0.05 > top;
                if across && down {
                    struck.push(format!("{} strikes {name}", words.join(" ")));
                }
            }
        }
    }
    struck
}

#[test]
fn no_label_covers_another_or_a_box_and_no_line_strikes_any() {
    for life in lives() {
        assert_eq!(overlaps(life), Vec::<String>::new(), "{}", life.name);
        assert_eq!(struck(life), Vec::<String>::new(), "{}", life.name);
    }
}

/// A small life cycle with these ways between its states.
fn life(names: &[&str], ways: &[(usize, usize)]) -> Workflow {
    let Some(mut life) = lives().next().cloned() else { panic!("there is no life cycle") };
    let parse = |text: &str| StateName::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let Some(edge) = life.transitions.first().cloned() else { panic!("there is no transition") };
    let Some(state) = life.states.first().cloned() else { panic!("there is no state") };
    life.states = names.iter().map(|text| state_named(&state, parse(text))).collect();
    let name = |at: usize| parse(names.get(at % names.len()).copied().unwrap_or("DRAFT"));
    life.transitions = ways
        .iter()
        .enumerate()
        .map(|(index, (from, to))| Transition {
            action: ActionName::parse(["go", "come", "stay_for_a_while"].get(index % 3).unwrap_or(&"go"))
                .unwrap_or_else(|error| panic!("{error}")),
            from: vec![name(*from)],
            to: Target::State(name(*to)),
            ..edge.clone()
        })
        .collect();
    life
}

fn state_named(state: &crate::domain::policy::State, name: StateName) -> crate::domain::policy::State {
    crate::domain::policy::State { name, initial: false, ..state.clone() }
}

#[test]
fn names_that_mean_something_to_the_tools_are_only_names() {
    let names = ["END", "STATE", "NOTE", "NODE", "GRAPH", "CLASS", "SUBGRAPH"];
    let life = life(&names, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)]);
    let drawn = mermaid(&life);
    assert!(
        drawn.contains("    END_ --> STATE_ : go\n") && drawn.contains("    NODE --> GRAPH : go\n"),
        "{drawn}"
    );
    let drawn = dot(&life);
    assert!(drawn.contains("  \"NODE\" -> \"GRAPH\" [label=\"go\"];\n"), "{drawn}");
}

#[test]
fn texts_are_escaped_in_every_form() {
    assert_eq!(super::dot::quoted(&["a\"b\\".to_owned(), "c\nd".to_owned()]), r#""a\"b\\\nc d""#);
    assert_eq!(super::mermaid::escaped("a:b;c\"\n<d>"), "a#58;b#59;c#34; #60;d#62;");
    assert_eq!(super::svg::escaped("<a> & \"b\"\u{1b}"), "&lt;a&gt; &amp; &quot;b&quot;");
}

#[test]
fn life_cycles_that_are_hardly_any_are_drawn_too() {
    for life in
        [life(&[], &[]), life(&["A"], &[]), life(&["A"], &[(0, 0)]), life(&["A", "B"], &[(0, 1), (1, 0)])]
    {
        for picture in all(&life) {
            assert!(life.states.iter().all(|state| picture.contains(state.name.as_str())), "{picture}");
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 60, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_life_cycle_can_be_drawn(ways in prop::collection::vec((0_usize..9, 0_usize..9), 0..24)) {
        let names = ["A", "B", "C", "D", "E", "F", "G", "H", "I"];
        for picture in all(&life(&names, &ways)) {
            for name in names {
                prop_assert!(picture.contains(name));
            }
            prop_assert!(!picture.contains("NaN") && !picture.contains("inf"), "{}", picture);
        }
        let life = life(&names, &ways);
        prop_assert_eq!(overlaps(&life), Vec::<String>::new());
        prop_assert_eq!(struck(&life), Vec::<String>::new());
    }
}
