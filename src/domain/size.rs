//! Numbers of bytes, as people write them.

use super::plural::counted;

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

/// Writes a number of bytes, and what that is in the unit that people write.
pub fn shown(bytes: u64) -> String {
    let exact = counted(bytes, "byte");
    let units = [("MiB", 1024 * 1024), ("KiB", 1024)];
    let Some((unit, size)) = units.into_iter().find(|(_, size)| bytes >= *size) else { return exact };
    // Rounded down to tenths: what is too large never looks as if it fitted.
    match (bytes / size, bytes % size * 10 / size) {
        (whole, 0) => format!("{exact} ({whole} {unit})"),
        (whole, tenths) => format!("{exact} ({whole}.{tenths} {unit})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_written_exactly_and_in_its_unit() {
        let written = [0, 1, 1023, 1024, 1536, 16 * 1024 * 1024, 30_000_000].map(shown);
        let expected = ["0 bytes", "1 byte", "1023 bytes", "1024 bytes (1 KiB)", "1536 bytes (1.5 KiB)"];
        assert_eq!(written[..5], expected);
        assert_eq!(written[5..], ["16777216 bytes (16 MiB)", "30000000 bytes (28.6 MiB)"]);
    }

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
