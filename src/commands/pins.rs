//! Pins: what the files hold now that a policy names.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use crate::disk;
use crate::domain::digest::Digest;
use crate::domain::policy::{Fault, Policy, Sources, pins_text};
use crate::domain::yaml::Place;

/// The digests of files that a policy names, as they are now; those that cannot be read are left out.
pub(super) fn observed<'p>(root: &Path, paths: impl Iterator<Item = &'p str>) -> BTreeMap<String, Digest> {
    // An absolute path stays what it is.
    paths.filter_map(|path| Some((path.to_owned(), disk::digest_of(&root.join(path)).ok()?))).collect()
}

/// Takes a file of pins out of files that people wrote: it would say what the disk should say.
pub(super) fn take_out(files: &mut Sources) -> Option<Fault> {
    files.0.remove(Policy::PINS)?;
    let name = Policy::PINS;
    Some(Fault {
        place: Place { file: name.to_owned(), ..Place::default() },
        name: "pins_by_hand",
        message: format!("the program itself writes `{name}` at adoption: remove `workflows/{name}`"),
    })
}

/// Pins the files that a policy names as they are now, except those that stay as they were pinned.
/// What cannot be read is a fault.
pub(super) fn put_in(
    root: &Path,
    files: &mut Sources,
    in_force: &Sources,
    stay: &BTreeMap<String, Digest>,
) -> Vec<Fault> {
    let Some(named) = files.to_pin() else {
        // Nobody knows what is to be pinned: that is the fault, and not that it should be nothing.
        let text = in_force.0.get(Policy::PINS).cloned();
        files.0.extend(text.map(|text| (Policy::PINS.to_owned(), text)));
        return Vec::new();
    };
    let (mut pins, mut faults) = (BTreeMap::new(), Vec::new());
    for one in named {
        // An absolute path stays what it is.
        match stay.get(&one.path).map_or_else(|| disk::digest_of(&root.join(&one.path)), |pin| Ok(*pin)) {
            Ok(digest) => {
                pins.insert(one.path, digest);
            }
            Err(error) => {
                let why = match error.kind() {
                    ErrorKind::NotFound => "there is no such file".to_owned(),
                    _ => error.to_string(),
                };
                let message = format!("`{}` cannot be pinned: {why}", one.path.escape_debug());
                faults.push(Fault { place: one.place, name: "cannot_pin", message });
            }
        }
    }
    if pins.is_empty() {
        files.0.remove(Policy::PINS);
    } else {
        files.0.insert(Policy::PINS.to_owned(), pins_text(&pins));
    }
    faults
}
