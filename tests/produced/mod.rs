//! Places in documents that a test writes: from `<!-- produced: name -->` to `<!-- end -->`.

use std::fs;
use std::path::{Path, PathBuf};

/// The name of a place, and what belongs there.
pub type Produced = (&'static str, String);

/// A text with every place filled that it has.
fn filled(text: &str, produced: &[Produced]) -> String {
    let mut out = text.to_owned();
    for (name, text) in produced {
        let start = format!("<!-- produced: {name} -->\n");
        let Some(at) = out.find(&start).map(|at| at + start.len()) else { continue };
        let until = at + out[at..].find("<!-- end -->").unwrap();
        out.replace_range(at..until, text);
    }
    out
}

/// The path, the text as it is and the text as it should be.
fn texts(files: &[&str], produced: &[Produced]) -> Vec<(PathBuf, String, String)> {
    let read = |file: &&str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = fs::read_to_string(&path).unwrap();
        let filled = filled(&text, produced);
        (path, text, filled)
    };
    let texts: Vec<_> = files.iter().map(read).collect();
    for (name, _) in produced {
        let place = format!("<!-- produced: {name} -->");
        assert!(texts.iter().any(|(_, text, _)| text.contains(&place)), "nothing shows `{name}`");
    }
    texts
}

/// Checks that the files say what belongs there; `otherwise` says what it would mean if they did not.
pub fn check(files: &[&str], produced: &[Produced], otherwise: &str) {
    for (path, text, expected) in texts(files, produced) {
        assert!(text == expected, "{} {otherwise}: `just readme` writes it anew", path.display());
    }
}

/// Writes what belongs there into the files.
pub fn write(files: &[&str], produced: &[Produced]) {
    for (path, _, expected) in texts(files, produced) {
        fs::write(path, expected).unwrap();
    }
}
