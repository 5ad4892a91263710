//! The execution items of the documents in scenarios: a plan of one item.

use crate::domain::items::Column;

/// What the plan begins with in every text.
const BEGIN: &str = "\n| Item |";

/// Returns the plan in a text, or a new one where it has none yet.
pub(super) fn plan(stored: Option<&str>) -> String {
    let kept = stored.and_then(|text| text.get(text.find(BEGIN)?..));
    kept.map_or_else(new_plan, str::to_owned)
}

fn new_plan() -> String {
    let headers = Column::ALL.map(Column::header).join(" | ");
    let dashes = ["---"; Column::ALL.len()].join("|");
    format!("\n| {headers} |\n|{dashes}|\n| EI-1 | Do it | It is done | | | | | |\n")
}

/// Changes what is approved of an item.
pub(super) fn reworded(text: &str) -> String {
    text.replace("| Do it |", "| Do it if needed |")
}

/// Says by hand that an item passed.
pub(super) fn handwritten(text: &str) -> String {
    text.replace("| It is done | |", "| It is done | Done |")
}

/// Leaves the plan out.
pub(super) fn itemless(text: &str) -> String {
    text.find(BEGIN).and_then(|at| text.get(..at)).unwrap_or(text).to_owned()
}
