//! The Merkle tree of the log, after RFC 6962 §2.1 and RFC 9162 §2.1: a prefix of 0x00 for leaves
//! and 0x01 for nodes keeps the one from being taken for the other.

use ring::digest::{Context, SHA256};

use crate::domain::digest::Digest;

/// Hashes the bytes of an entry.
#[inline]
pub fn leaf_hash(bytes: &[u8]) -> Digest {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(bytes);
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    Digest::from_bytes(out)
}

fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    let (_, hashes) = bytes.split_at_mut(1);
    let (first, second) = hashes.split_at_mut(32);
    first.copy_from_slice(left.as_bytes());
    second.copy_from_slice(right.as_bytes());
    Digest::of(&bytes)
}

/// The right edge of a growing tree: the roots of its complete subtrees, largest first. It is all
/// that is needed to append, and has at most 64 hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    edge: Vec<Digest>,
}

impl Frontier {
    /// Takes up a stored edge; `None` where it does not fit the size.
    pub fn from_parts(size: u64, edge: Vec<Digest>) -> Option<Self> {
        (edge.len() == size.count_ones() as usize).then_some(Self { size, edge })
    }

    /// Returns the number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the roots of the complete subtrees, largest first.
    pub fn edge(&self) -> &[Digest] {
        &self.edge
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        // Each trailing one of the size is a complete subtree that the new leaf completes further.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.edge.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.edge.push(node);
        self.size += 1;
    }

    /// Returns the root; of the empty tree it is the digest of nothing.
    pub fn root(&self) -> Digest {
        let mut rest = self.edge.iter().rev();
        match rest.next() {
            None => Digest::of(b""),
            Some(last) => rest.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// The largest power of two below `size`.
fn split_point(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

fn root_of(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

fn halves(leaves: &[Digest]) -> Option<(&[Digest], &[Digest])> {
    let split = usize::try_from(split_point(leaves.len() as u64)).ok()?;
    leaves.split_at_checked(split)
}

/// Proves that the leaf at `index` is in the tree (RFC 6962 §2.1.1): the siblings, lowest first.
/// `None` where there is no such leaf.
pub fn inclusion_proof(leaves: &[Digest], index: u64) -> Option<Vec<Digest>> {
    if index >= leaves.len() as u64 {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = halves(leaves)?;
    let middle = left.len() as u64;
    let (mut proof, sibling) = if index < middle {
        (inclusion_proof(left, index)?, root_of(right))
    } else {
        (inclusion_proof(right, index - middle)?, root_of(left))
    };
    proof.push(sibling);
    Some(proof)
}

/// Checks an inclusion proof (RFC 9162 §2.1.3.2).
pub fn verify_inclusion(leaf: &Digest, index: u64, size: u64, proof: &[Digest], root: &Digest) -> bool {
    if index >= size {
        return false;
    }
    let (mut position, mut last) = (index, size - 1);
    let mut node = *leaf;
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            node = node_hash(sibling, &node);
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(&node, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && node == *root
}

/// Proves that the tree of the first `old` leaves is a prefix of the whole (RFC 6962 §2.1.2).
/// `None` where `old` is 0 or beyond the end.
pub fn consistency_proof(leaves: &[Digest], old: u64) -> Option<Vec<Digest>> {
    if old == 0 || old > leaves.len() as u64 {
        return None;
    }
    subproof(leaves, old, true)
}

fn subproof(leaves: &[Digest], old: u64, whole: bool) -> Option<Vec<Digest>> {
    if old == leaves.len() as u64 {
        return Some(if whole { Vec::new() } else { vec![root_of(leaves)] });
    }
    let (left, right) = halves(leaves)?;
    let middle = left.len() as u64;
    let (mut proof, sibling) = if old <= middle {
        (subproof(left, old, whole)?, root_of(right))
    } else {
        (subproof(right, old - middle, false)?, root_of(left))
    };
    proof.push(sibling);
    Some(proof)
}

/// Checks a consistency proof (RFC 9162 §2.1.4.2).
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Digest,
    new_root: &Digest,
    proof: &[Digest],
) -> bool {
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    if old == 0 || old > new {
        return false;
    }
    let mut path = proof.iter();
    let (mut position, mut last) = (old - 1, new - 1);
    while position & 1 == 1 {
        position >>= 1;
        last >>= 1;
    }
    let first = if position == 0 { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut old_node, mut new_node) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            old_node = node_hash(sibling, &old_node);
            new_node = node_hash(sibling, &new_node);
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            new_node = node_hash(&new_node, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && old_node == *old_root && new_node == *new_root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u8) -> Vec<Digest> {
        (0..count).map(|i| leaf_hash(&[i])).collect()
    }

    #[test]
    fn empty_and_single_trees_are_the_published_ones() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Frontier::default().root().to_string(), empty);
        let one = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(leaf_hash(b"").to_string(), one);
    }

    // REQ-121
    #[test]
    fn every_leaf_of_every_small_tree_can_be_proved_and_no_other() {
        for size in 1..=33 {
            let leaves = leaves(size);
            let root = root_of(&leaves);
            for (index, leaf) in (0..).zip(&leaves) {
                let proof = inclusion_proof(&leaves, index).unwrap_or_else(|| panic!("{index} of {size}"));
                assert!(verify_inclusion(leaf, index, size.into(), &proof, &root));
                assert!(!verify_inclusion(&leaf_hash(b"other"), index, size.into(), &proof, &root));
                assert!(!verify_inclusion(leaf, index + 1, size.into(), &proof, &root) || size == 1);
                if let Some((_, short)) = proof.split_last() {
                    assert!(!verify_inclusion(leaf, index, size.into(), short, &root));
                }
            }
        }
    }

    // REQ-121
    #[test]
    fn every_prefix_of_every_small_tree_can_be_proved_and_no_other() {
        for new in 1..=33u8 {
            let leaves = leaves(new);
            let root = root_of(&leaves);
            for old in 1..=new {
                let prefix = leaves.get(..old.into()).map_or_else(|| panic!("{old} of {new}"), root_of);
                let proof =
                    consistency_proof(&leaves, old.into()).unwrap_or_else(|| panic!("{old} of {new}"));
                assert!(verify_consistency(old.into(), new.into(), &prefix, &root, &proof));
                assert!(!verify_consistency(old.into(), new.into(), &leaf_hash(b"other"), &root, &proof));
            }
        }
    }

    #[test]
    fn frontier_survives_being_stored() {
        let mut frontier = Frontier::default();
        for leaf in leaves(21) {
            frontier = Frontier::from_parts(frontier.size(), frontier.edge().to_vec()).unwrap_or_default();
            frontier.push(leaf);
        }
        assert_eq!(frontier.root(), root_of(&leaves(21)));
        assert_eq!(Frontier::from_parts(3, Vec::new()), None);
    }
}
