//! stub
use crate::domain::policy::Workflow;
/// x
pub fn mermaid(_: &Workflow) -> String {
    String::new()
}
/// x
pub fn dot(_: &Workflow) -> String {
    String::new()
}
/// x
pub fn svg(_: &Workflow) -> String {
    String::new()
}
