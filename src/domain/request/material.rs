//! What a request holds that was read for it.

use super::{Request, Value, WorkingCopy};
use crate::domain::digest::Digest;

impl Request {
    /// Digests what a request holds beside what it is about: what was said with it, as it was read, the working
    /// copy, and the policy files. Each part comes after its length, so that no two requests have one digest.
    pub fn material(&self) -> Digest {
        let mut bytes = Vec::new();
        let mut put = |part: &[u8]| {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        };
        put(&(self.inputs.0.len() as u64).to_be_bytes());
        for (name, value) in &self.inputs.0 {
            put(name.as_str().as_bytes());
            put(value.to_string().as_bytes());
            let name = match value {
                Value::File(file) => file.name.as_deref(),
                _ => None,
            };
            put(name.unwrap_or_default().as_bytes());
        }
        match &self.copy {
            None => put(b"no copy"),
            Some(WorkingCopy::Unusable(why)) => put(why.as_bytes()),
            Some(WorkingCopy::Present { document, base, bytes, .. }) => {
                put(document.as_str().as_bytes());
                put(base.as_bytes());
                put(bytes);
            }
        }
        for (name, text) in self.candidate.iter().flatten() {
            put(name.as_bytes());
            put(text.as_bytes());
        }
        Digest::of(&bytes)
    }

    /// Tells whether it holds nothing that was read from a file.
    pub fn reads_nothing(&self) -> bool {
        let is_file = |value: &Value| matches!(value, Value::File(_));
        self.copy.is_none() && self.candidate.is_none() && !self.inputs.0.values().any(is_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{ActionName, DocumentId, InputName};
    use crate::domain::request::{File, Inputs, Subject};

    fn request(told: &[(&str, Value)]) -> Request {
        let name = |text: &str| InputName::parse(text).unwrap_or_else(|error| panic!("{error}"));
        Request {
            action: ActionName::parse("review").unwrap_or_else(|error| panic!("{error}")),
            subject: Subject::Project,
            inputs: Inputs(told.iter().map(|(key, value)| (name(key), value.clone())).collect()),
            copy: None,
            candidate: None,
        }
    }

    // REQ-200
    #[test]
    fn what_is_read_has_one_digest_and_nothing_else_has_it() {
        let text = |text: &str| Value::Text(text.to_owned());
        let file = |name: &str, bytes: &str| {
            Value::File(File { name: Some(name.to_owned()), ..File::from(bytes.as_bytes().to_vec()) })
        };
        let copy = |base: &str, bytes: &str| {
            let document = DocumentId::parse("CR-001").unwrap_or_else(|error| panic!("{error}"));
            let (base, bytes) = (Digest::of(base.as_bytes()), bytes.as_bytes().to_vec());
            Some(WorkingCopy::Present { document, base, path: String::new(), bytes })
        };
        let candidate = |name: &str, text: &str| Some([(name.to_owned(), text.to_owned())].into());
        let different = [
            request(&[]),
            request(&[("comment", text(""))]),
            request(&[("comment", text("a"))]),
            request(&[("comment", text("ab"))]),
            request(&[("comment", text("a")), ("reason", text("b"))]),
            request(&[("reason", text("a"))]),
            request(&[("file", file("a", "x"))]),
            request(&[("file", file("b", "x"))]),
            request(&[("file", file("a", "y"))]),
            Request { copy: copy("1", "x"), ..request(&[]) },
            Request { copy: copy("2", "x"), ..request(&[]) },
            Request { copy: copy("1", "y"), ..request(&[]) },
            Request { copy: Some(WorkingCopy::Unusable("why".to_owned())), ..request(&[]) },
            Request { candidate: candidate("a.yaml", "x"), ..request(&[]) },
            Request { candidate: candidate("a.yaml", "y"), ..request(&[]) },
            Request { candidate: candidate("b.yaml", "x"), ..request(&[]) },
        ];
        for (number, one) in different.iter().enumerate() {
            assert_eq!(one.material(), one.clone().material());
            for other in different.iter().skip(number + 1) {
                assert_ne!(one.material(), other.material(), "{one:?} {other:?}");
            }
            let names_file = one.inputs.0.values().any(|value| matches!(value, Value::File(_)));
            assert_eq!(one.reads_nothing(), !names_file && one.copy.is_none() && one.candidate.is_none());
        }
    }
}
