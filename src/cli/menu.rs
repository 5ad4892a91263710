//! The menu as it stands in the text output.

use crate::commands::carried::Carried;
use crate::commands::view::NextLine;
use crate::domain::visible::one_line;

/// Writes a menu. The command ends its line, so that it can be taken from there;
/// the section that governs it, where it is shown at all, stands before it.
pub(super) fn menu_text(
    carried: &Carried,
    menu: &[NextLine],
    user: &str,
    awaited: Option<&str>,
    cites: bool,
) -> String {
    let width = menu.iter().map(|line| line.label.chars().count()).max().unwrap_or(0);
    let sections: Vec<String> =
        menu.iter().map(|line| line.sop.as_ref().map(ToString::to_string).unwrap_or_default()).collect();
    let section_width = sections.iter().map(String::len).max().unwrap_or(0);
    let digits = menu.len().to_string().len();
    let mut text = String::new();
    // Looking is always allowed; a menu of nothing else is a dead end, and says who goes on.
    if menu.iter().all(|line| line.action == "status") {
        let who = awaited.map(|who| format!("; waiting for: {who}")).unwrap_or_default();
        text.push_str(&format!("Nothing to do for user '{user}' now{who}\n\n"));
    }
    text.push_str(&format!("Available actions for user '{user}':"));
    for (number, (line, section)) in menu.iter().zip(&sections).enumerate() {
        let mark = format!("[{}]", number + 1);
        let label = format!("{}:", one_line(&line.label));
        let section =
            if cites && section_width > 0 { format!("{section:<section_width$}  ") } else { String::new() };
        text.push_str(&format!(
            "\n  {mark:<mark_width$} {label:<label_width$} {section}{}",
            one_line(&carried.command(&line.command)),
            mark_width = digits + 2,
            label_width = width + 1
        ));
    }
    text
}
