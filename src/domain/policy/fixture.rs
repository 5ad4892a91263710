//! The policy in `workflows/`, for unit tests.

use std::sync::LazyLock;

use super::{Candidate, Policy, Sources};
use crate::domain::procedure::Procedures;

/// Reads the files of the policy.
pub(crate) fn sources() -> Sources {
    let files = [
        ("policy.yaml", include_str!("../../../workflows/policy.yaml")),
        ("actions.yaml", include_str!("../../../workflows/actions.yaml")),
        ("controlled.yaml", include_str!("../../../workflows/controlled.yaml")),
        ("executable.yaml", include_str!("../../../workflows/executable.yaml")),
        ("record.yaml", include_str!("../../../workflows/record.yaml")),
    ];
    Sources(files.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
}

/// Reads the procedures in `sops/`.
pub(crate) fn procedures() -> Procedures {
    let texts = [
        include_str!("../../../sops/SOP-001.md"),
        include_str!("../../../sops/SOP-002.md"),
        include_str!("../../../sops/SOP-003.md"),
        include_str!("../../../sops/SOP-004.md"),
        include_str!("../../../sops/SOP-005.md"),
        include_str!("../../../sops/SOP-006.md"),
        include_str!("../../../sops/SOP-007.md"),
    ];
    Procedures::read(texts.into_iter())
}

/// Returns the policy, which is read once.
pub(crate) fn candidate() -> &'static Candidate {
    static CANDIDATE: LazyLock<Candidate> = LazyLock::new(|| {
        Candidate::new(sources(), &procedures()).unwrap_or_else(|faults| panic!("{faults:#?}"))
    });
    &CANDIDATE
}

/// The policy without any of its guards, and with every action open to every group: what is still
/// refused then, is refused by the program and not by the policy.
pub(crate) fn stripped() -> Policy {
    let mut policy = candidate().policy.clone();
    let everyone: Vec<_> = policy.groups.keys().cloned().collect();
    for edge in policy.workflows.values_mut().flat_map(|life| &mut life.transitions) {
        edge.guards.clear();
        edge.by.clone_from(&everyone);
    }
    policy
}

#[test]
fn every_file_of_the_policy_is_in_the_fixture() {
    assert_eq!(sources().0.len(), Policy::FILES.len() + candidate().policy.workflows.len());
}
