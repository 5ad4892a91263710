//! Numbers of bytes, as people write them.

/// Reads a number of bytes: a number with `KiB` or `MiB`.
pub fn parse(text: &str) -> Result<u64, String> {
    let expected = || format!("`{text}` is not a size: a number with KiB or MiB, such as 64KiB");
    let units = [("KiB", 1024), ("MiB", 1024 * 1024)];
    let read = units.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
    let (number, bytes) = read.ok_or_else(expected)?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|_| is_number).ok_or_else(expected)?;
    number.checked_mul(bytes).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit() {
        assert_eq!(
            [parse("0KiB"), parse("64KiB"), parse("1MiB")].map(Result::unwrap),
            [0, 65_536, 1_048_576]
        );
        for bad in
            ["", "64", "KiB", "64 KiB", "+1KiB", "1.5MiB", "64kib", "64KB", "1GiB", "99999999999999999MiB"]
        {
            assert!(parse(bad).is_err(), "{bad:?} was taken for a size");
        }
    }
}
