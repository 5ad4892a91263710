//! stub
use super::{
    digest::Digest,
    policy::Policy,
    yaml::{Place, YamlError},
};
/// x
pub struct ScenarioOutcome {
    /// x
    pub name: String,
    /// x
    pub place: Place,
    /// x
    pub failure: Option<String>,
}
/// x
pub fn run(_: &Policy, _: Digest, _: &str, _: &str) -> Result<Vec<ScenarioOutcome>, YamlError> {
    Ok(Vec::new())
}
