//! What kind of file something is, in the words of the internet (RFC 6838).

use super::encoding;

/// Media types by the endings of names.
const BY_ENDING: &[(&str, &str)] = &[
    ("bmp", "image/bmp"),
    ("csv", "text/csv"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("heic", "image/heic"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("log", "text/plain"),
    ("md", "text/markdown"),
    ("mp4", "video/mp4"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("svg", "image/svg+xml"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("tsv", "text/tab-separated-values"),
    ("txt", "text/plain"),
    ("webp", "image/webp"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
];

/// Media types by the bytes that a file begins with, for names that do not say it.
const BY_BEGINNING: &[(&[u8], &str)] = &[
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
];

/// Returns the media type of a file. What the name says counts first: it is the word of who handed the file in.
pub fn of(name: Option<&str>, bytes: &[u8]) -> &'static str {
    let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_lowercase());
    let by_ending = BY_ENDING.iter().find(|(known, _)| ending.as_deref() == Some(*known));
    let by_beginning = || BY_BEGINNING.iter().find(|(beginning, _)| bytes.starts_with(beginning));
    match by_ending.map(|(_, it)| *it).or_else(|| by_beginning().map(|(_, it)| *it)) {
        Some(known) => known,
        None if encoding::text(bytes).is_ok() => "text/plain",
        None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_name_says_else_what_it_looks_like() {
        for (name, bytes, expected) in [
            (Some("Wägeprotokoll 7.PDF"), &b"%PDF-1.7"[..], "application/pdf"),
            (Some("series.csv"), b"5.0\n", "text/csv"),
            (Some("scan"), b"%PDF-1.7", "application/pdf"),
            (Some("scan.7"), b"\x89PNG\r\n\x1a\n\0", "image/png"),
            (None, b"run 7: dry\n", "text/plain"),
            (Some(".pdf"), b"", "application/pdf"),
            (Some("pdf"), b"", "text/plain"),
            (None, b"\0\xff", "application/octet-stream"),
        ] {
            assert_eq!(of(name, bytes), expected, "{name:?}");
        }
    }
}
