//! DOT, for those who have Graphviz and want to lay the picture out anew.

use super::diagram::{Look, diagram, wrapped};
use crate::domain::policy::Workflow;

/// Characters in a line of a label.
const LINE: usize = 22;

/// Draws a life cycle for Graphviz.
pub fn dot(workflow: &Workflow) -> String {
    let shown = diagram(workflow);
    let mut text = format!("digraph {} {{\n", quoted(&[workflow.name.to_string()]));
    let mut title = vec![shown.title.clone()];
    if !shown.everywhere.is_empty() {
        title.push(format!("In every state that is not final: {}", shown.everywhere.join(", ")));
    }
    text.push_str(&format!(
        "  graph [rankdir=TB, labelloc=t, fontname=\"Helvetica\", label={}];\n",
        quoted(&title)
    ));
    text.push_str("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f6f7f9\", color=\"#4b5563\", fontname=\"Helvetica\"];\n");
    text.push_str("  edge [color=\"#374151\", fontname=\"Helvetica\", fontsize=11];\n");
    for (at, node) in shown.nodes.iter().enumerate() {
        let mut lines = vec![node.name.clone()];
        lines.extend(wrapped(&node.stays, LINE));
        lines.extend(node.by_parent.then(|| "only with its parent".to_owned()));
        let look = match node.look {
            Look::Plain => "",
            Look::Review => ", fillcolor=\"#dbeafe\", color=\"#1d4ed8\"",
            Look::Approval => ", fillcolor=\"#fef3c7\", color=\"#b45309\"",
            Look::Final => ", fillcolor=\"#ffffff\", color=\"#111827\", peripheries=2",
        };
        let name = quoted(std::slice::from_ref(&node.name));
        text.push_str(&format!("  {name} [label={}{look}];\n", quoted(&lines)));
        if !node.created_by.is_empty() {
            text.push_str(&format!(
                "  begin_{at} [label=\"\", shape=circle, width=0.15, fillcolor=\"#111827\"];\n"
            ));
            text.push_str(&format!(
                "  begin_{at} -> {name} [label={}];\n",
                quoted(&wrapped(&node.created_by, LINE))
            ));
        }
    }
    let name = |at: usize| {
        shown.nodes.get(at).map(|node| quoted(std::slice::from_ref(&node.name))).unwrap_or_default()
    };
    for arrow in &shown.arrows {
        let style = if arrow.dashed { ", style=dashed" } else { "" };
        let label = quoted(&wrapped(&arrow.labels, LINE));
        text.push_str(&format!("  {} -> {} [label={label}{style}];\n", name(arrow.from), name(arrow.to)));
    }
    for (index, crowd) in shown.crowds.iter().enumerate() {
        let names: Vec<String> =
            crowd.from.iter().filter_map(|at| Some(shown.nodes.get(*at)?.name.clone())).collect();
        let to = name(crowd.to);
        text.push_str(&format!(
            "  any_{index} [label={}, style=\"dashed\", color=\"#9ca3af\", fontcolor=\"#4b5563\", fontsize=11];\n",
            quoted(&names)
        ));
        text.push_str(&format!("  any_{index} -> {to} [label={}];\n", quoted(&wrapped(&crowd.labels, LINE))));
        if !crowd.back.is_empty() {
            let label = quoted(&wrapped(&crowd.back, LINE));
            text.push_str(&format!("  {to} -> any_{index} [label={label}, style=dashed];\n"));
        }
    }
    text.push_str("}\n");
    text
}

/// Quotes lines of a text; in DOT's quotes only the quote and the backslash mean something.
pub(super) fn quoted(lines: &[String]) -> String {
    let escaped: Vec<String> =
        lines.iter().map(|line| line.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ")).collect();
    format!("\"{}\"", escaped.join("\\n"))
}
