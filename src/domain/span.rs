//! Lengths of time, as people write them.

/// Longest length of time, in days. From now on to the year 9999, the last one that a time is written with, there are
/// almost three times as many.
const DAYS_MAX: u64 = 1_000_000;

/// Milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

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
    if number.is_empty() || !is_number {
        return Err(expected());
    }
    let millis = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds * 1000));
    millis
        .filter(|millis| *millis <= DAYS_MAX * DAY)
        .ok_or_else(|| format!("`{text}` is too long a time: the longest is `{DAYS_MAX}d`"))
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
        for bad in ["", "h", "2", "2 h", "+2h", "-2h", "2.5h", "2H", "2hh", "2ä"] {
            assert!(parse(bad).is_err(), "{bad:?} was taken for a length of time");
        }
    }

    // REQ-265
    #[test]
    fn a_length_of_time_has_an_end() {
        assert_eq!(parse("1000000d"), Ok(DAYS_MAX * DAY));
        for long in ["1000001d", "24000001h", "86400000001s", "200000000d", "99999999999999999999s"] {
            let refusal = parse(long).err().unwrap_or_default();
            assert!(refusal.contains("the longest is `1000000d`"), "{long}: {refusal}");
        }
    }
}
