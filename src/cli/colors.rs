//! The colours of another program's output, told again in words of our own (ECMA-48, select graphic rendition).

use std::collections::BTreeMap;

/// Longest sequence that is taken for colours, in bytes; what is longer is no colour that anybody needs.
const SEQUENCE_MAX: usize = 64;

/// What is on, by what it replaces: a colour of the letters by 38, one of the ground by 48, any other by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Colors(BTreeMap<u8, String>);

/// A sequence at the beginning of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sequence {
    /// It sets colours: its length, and what is written in its place.
    Whole(usize, String),
    /// It can become one that does.
    Begun,
}

impl Colors {
    /// Takes a sequence, where the text begins with one that sets colours and does nothing else.
    pub fn take(&mut self, text: &str) -> Option<Sequence> {
        let Some(behind) = text.strip_prefix("\u{1b}[") else {
            return (text == "\u{1b}").then_some(Sequence::Begun);
        };
        let is_parameter = |byte: u8| byte.is_ascii_digit() || byte == b';';
        let length = behind.bytes().take_while(|byte| is_parameter(*byte)).count();
        if length > SEQUENCE_MAX {
            return None;
        }
        match behind.as_bytes().get(length) {
            None => Some(Sequence::Begun),
            Some(b'm') => {
                *self = self.changed(behind.get(..length)?)?;
                Some(Sequence::Whole(length + 3, self.written()))
            }
            Some(_) => None,
        }
    }

    /// Ends what is on, and returns what is written for that.
    pub fn end(&mut self) -> Option<String> {
        (!self.0.is_empty()).then(|| {
            self.0.clear();
            self.written()
        })
    }

    /// What is on, whatever was on before.
    fn written(&self) -> String {
        let on: Vec<&str> = ["0"].into_iter().chain(self.0.values().map(String::as_str)).collect();
        format!("\u{1b}[{}m", on.join(";"))
    }

    /// Follows the parameters of a sequence; `None` where one is no colour and no weight of letters, such as the
    /// one that hides them.
    fn changed(&self, parameters: &str) -> Option<Self> {
        let mut on = self.0.clone();
        let mut parameters = parameters.split(';');
        while let Some(one) = parameters.next() {
            let number: u8 = if one.is_empty() { 0 } else { one.parse().ok()? };
            let (replaced, value) = match number {
                0 => {
                    on.clear();
                    continue;
                }
                1..=4 | 7 | 9 => (number, number.to_string()),
                22 => {
                    on.retain(|of, _| ![1, 2].contains(of));
                    continue;
                }
                23 | 24 | 27 | 29 => {
                    on.remove(&(number - 20));
                    continue;
                }
                39 | 49 => {
                    on.remove(&(number - 1));
                    continue;
                }
                30..=37 | 90..=97 => (38, number.to_string()),
                40..=47 | 100..=107 => (48, number.to_string()),
                38 | 48 => {
                    let form = parameters.next()?;
                    let count = match form {
                        "5" => 1,
                        "2" => 3,
                        _ => return None,
                    };
                    let numbers: Option<Vec<u8>> =
                        (0..count).map(|_| parameters.next()?.parse().ok()).collect();
                    let numbers: Vec<String> = numbers?.iter().map(u8::to_string).collect();
                    (number, format!("{number};{form};{}", numbers.join(";")))
                }
                _ => return None,
            };
            on.insert(replaced, value);
        }
        Some(Self(on))
    }
}
