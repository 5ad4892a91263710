//! Why a failure came about, from the nearest cause to the first, each said once.

use std::error::Error;

/// Lists the causes of a failure. Many errors say in their own words what caused them, and name that as
/// their source as well; others only put a number before it. Of two that say the same, the fuller one is told.
pub(super) fn causes(failure: &dyn Error) -> Vec<String> {
    let said = failure.to_string();
    let mut told: Vec<String> = Vec::new();
    let mut next = failure.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        next = cause.source();
        if says(&said, &text) || told.iter().any(|one| says(one, &text)) {
            continue;
        }
        if told.last().is_some_and(|last| says(&text, last)) {
            told.pop();
        }
        told.push(text);
    }
    told
}

/// Tells whether a text says what another one says, whatever letters either begins with and ends with.
fn says(text: &str, other: &str) -> bool {
    let plain = |text: &str| text.trim().trim_end_matches('.').to_lowercase();
    plain(text).contains(&plain(other))
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Link(&'static str, Option<Box<Link>>);

    impl fmt::Display for Link {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Link {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|link| link as &(dyn Error + 'static))
        }
    }

    // REQ-231
    #[test]
    fn no_cause_is_told_twice_however_it_comes_into_the_chain() {
        for (chain, expected) in [
            (&["a"] as &[_], &[] as &[&str]),
            (&["cannot open `x`", "no such file"], &["no such file"]),
            (&["cannot open `x`: no such file", "no such file"], &[]),
            (&["cannot read", "it is locked", "it is locked"], &["it is locked"]),
            (&["cannot read", "it is locked", "Error code 5: It is locked"], &["Error code 5: It is locked"]),
            (
                &["cannot read", "Error code 5: It is locked.", "it is locked"],
                &["Error code 5: It is locked."],
            ),
            (&["cannot read: it is locked", "it is locked", "another has it"], &["another has it"]),
            (&["a failure", "first", "second", "first"], &["first", "second"]),
            (&["cannot read", "cannot read `x`, which is a folder"], &["cannot read `x`, which is a folder"]),
            (&["cannot read", ""], &[]),
        ] {
            let link = |inner, text: &&'static str| Some(Box::new(Link(text, inner)));
            let Some(failure) = chain.iter().rev().fold(None, link) else { panic!("no chain") };
            assert_eq!(causes(&*failure), expected, "{chain:?}");
        }
    }
}
