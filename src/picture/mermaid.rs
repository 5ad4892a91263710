//! Mermaid's state diagram, version 2: what wikis and code forges draw by themselves.

use super::diagram::{Diagram, Look, Node, diagram};
use crate::domain::policy::Workflow;

/// Words that Mermaid reads as its own where a state stands, in lower or upper case.
const KEYWORDS: [&str; 10] =
    ["class", "classdef", "click", "default", "direction", "end", "note", "scale", "state", "style"];

/// Draws a life cycle for Mermaid.
pub fn mermaid(workflow: &Workflow) -> String {
    let shown = diagram(workflow);
    // The head is YAML (1.2, §7.3.1): in its quotes only these two mean something.
    let title = shown.title.replace('\\', "\\\\").replace('"', "\\\"");
    let mut text = format!("---\ntitle: \"{title}\"\n---\nstateDiagram-v2\n    direction TB\n");
    for node in &shown.nodes {
        let id = id(node);
        text.push_str(&format!("    {id} : {}\n", escaped(&node.name)));
        if !node.stays.is_empty() {
            text.push_str(&format!("    {id} : {}\n", escaped(&node.stays.join(", "))));
        }
        if node.by_parent {
            text.push_str(&format!("    {id} : only with its parent\n"));
        }
    }
    arrows(&shown, &mut text);
    for (index, crowd) in shown.crowds.iter().enumerate() {
        let (to, labels) = (id_of(&shown, crowd.to), escaped(&crowd.labels.join(", ")));
        let names: Vec<&str> =
            crowd.from.iter().filter_map(|at| Some(shown.nodes.get(*at)?.name.as_str())).collect();
        text.push_str(&format!("    state \"any of {}\" as any_{index}\n", escaped(&names.join(", "))));
        text.push_str(&format!("    any_{index} --> {to} : {labels}\n"));
        if !crowd.back.is_empty() {
            text.push_str(&format!("    {to} --> any_{index} : {}, back\n", escaped(&crowd.back.join(", "))));
        }
        text.push_str(&format!("    class any_{index} crowd\n"));
    }
    if !shown.everywhere.is_empty() {
        let first = id_of(&shown, 0);
        let actions = escaped(&shown.everywhere.join(", "));
        text.push_str(&format!("    note right of {first} : in every state that is not final - {actions}\n"));
    }
    text.push_str("    classDef review fill:#dbeafe,stroke:#1d4ed8,color:#111827\n");
    text.push_str("    classDef approval fill:#fef3c7,stroke:#b45309,color:#111827\n");
    text.push_str("    classDef ended fill:#ffffff,stroke:#111827,stroke-width:3px,color:#111827\n");
    text.push_str("    classDef crowd fill:#ffffff,stroke:#9ca3af,stroke-dasharray:4 3,color:#4b5563\n");
    for node in &shown.nodes {
        let class = match node.look {
            Look::Plain => continue,
            Look::Review => "review",
            Look::Approval => "approval",
            Look::Final => "ended",
        };
        text.push_str(&format!("    class {} {class}\n", id(node)));
    }
    text
}

fn arrows(shown: &Diagram, text: &mut String) {
    for node in shown.nodes.iter().filter(|node| !node.created_by.is_empty()) {
        let labels = escaped(&node.created_by.join(", "));
        text.push_str(&format!("    [*] --> {} : {labels}\n", id(node)));
    }
    for arrow in &shown.arrows {
        let (from, to) = (id_of(shown, arrow.from), id_of(shown, arrow.to));
        // State diagrams know no dashed arrows.
        let back = if arrow.dashed { ", back" } else { "" };
        text.push_str(&format!("    {from} --> {to} : {}{back}\n", escaped(&arrow.labels.join(", "))));
    }
    for node in shown.nodes.iter().filter(|node| node.look == Look::Final) {
        text.push_str(&format!("    {} --> [*]\n", id(node)));
    }
}

fn id_of(shown: &Diagram, at: usize) -> String {
    shown.nodes.get(at).map(id).unwrap_or_default()
}

fn id(node: &Node) -> String {
    let is_taken = KEYWORDS.contains(&node.name.to_lowercase().as_str());
    if is_taken { format!("{}_", node.name) } else { node.name.clone() }
}

/// Writes what Mermaid would read as its own by number, after its "entity codes".
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' | '#' | ';' | ':' | '<' | '>' | '{' | '}' | '%' | '\\' | '`' => {
                escaped.push_str(&format!("#{};", u32::from(c)));
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
