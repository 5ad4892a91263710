//! Lengths of time, as people write them.

/// Reads a length of time: a number with `s`, `m`, `h` or `d`. Returns milliseconds.
pub fn parse(text: &str) -> Result<u64, String> {
    let expected = || format!("`{text}` is not a length of time: a number with s, m, h or d, such as 15m");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(expected)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(expected()),
    };
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|_| is_number).ok_or_else(expected)?;
    number.checked_mul(seconds * 1000).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_has_a_unit() {
        assert_eq!(
            [parse("0s"), parse("15m"), parse("2h"), parse("1d")].map(Result::unwrap),
            [0, 900_000, 7_200_000, 86_400_000]
        );
        for bad in ["", "h", "2", "2 h", "+2h", "-2h", "2.5h", "2H", "2hh", "2ä", "99999999999999999999s"] {
            assert!(parse(bad).is_err(), "{bad:?} was taken for a length of time");
        }
    }
}
