//! JSON that writes to no terminal: what would change how other text is shown is spelled out, and means
//! the same to whoever parses it.

use crate::domain::visible::is_deceptive;

/// Spells out what is left of such characters in a JSON text. They stand in strings alone, and of those
/// between the strings only the line end is one.
pub fn spelled_out(json: String) -> String {
    if !json.contains(|c| is_deceptive(c) && c != '\n') {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_deceptive(c) && c != '\n' {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ-139
    #[test]
    fn whatever_a_text_has_in_it_its_json_writes_to_no_terminal_and_means_the_same() {
        let text: String = ('\u{0}'..='\u{e01ff}').filter(|c| is_deceptive(*c) || c.is_ascii()).collect();
        let json = spelled_out(serde_json::to_string_pretty(&[&text]).unwrap());
        assert!(json.contains("\\u202e") && json.contains("\\u009b") && json.contains("\\udb40\\udc01"));
        assert!(!json.contains(|c| is_deceptive(c) && c != '\n'), "{json:?}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }
}
