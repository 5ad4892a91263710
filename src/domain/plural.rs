//! A number with its noun.

/// Writes `1 fault`, `2 faults`.
pub fn counted(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_everything_else_is_many() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "fault")), ["0 faults", "1 fault", "2 faults"]);
    }
}
