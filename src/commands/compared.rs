//! What `doctor` says of the keys of people: which of them nobody has compared, and on what the others rest.

use std::collections::BTreeSet;

use super::exposure::Exposure;
use super::{CommandError, Context};
use crate::domain::audit::Entry;
use crate::domain::id::CredentialId;
use crate::domain::identity::{Actor, Credential, Grounds, left};
use crate::store::{Credentials, Entries};

/// Looks at the keys.
pub(super) fn look(context: &mut Context, actor: &Actor, found: &mut Exposure) -> Result<(), CommandError> {
    let (compares, order) = (context.session.policy()?.compares_keys(), context.session.order()?);
    let keys = context.session.read(actor).credentials(Credentials::Keys)?;
    let used = used(context, actor)?;
    let users = context.session.read(actor).users()?.into_iter();
    let present: Vec<_> = users.filter(|user| user.removed_at.is_none()).map(|user| user.name).collect();
    for key in keys.iter().filter(|key| used.contains(&key.id)) {
        let grounds = key.acknowledged.as_ref().map(|it| it.grounds);
        let (id, user) = (&key.id, &key.user);
        if key.revoked_at.is_some() {
            // It opens nothing any more, and nobody can acknowledge it.
            if compares && !key.counts() {
                found.notes.push(format!(
                    "the key {id} of {user} was used and has ended, and no other person compared its fingerprint: what \
                     was recorded by it may be by whoever issued its code"
                ));
            }
        } else if !key.counts() && compares {
            found.findings.push(("uncompared_key", uncompared(key)));
        } else if !key.counts() {
            found.notes.push(uncompared(key));
        } else if compares && grounds == Some(Grounds::FirstPair) {
            found.notes.push(format!(
                "the first two people vouch for each other alone: the key {id} of {user} waits for a third person"
            ));
        } else if grounds == Some(Grounds::Alone) {
            let message = format!("the key {id} of {user} is acknowledged by nobody else");
            // Somebody else who is still here, and had a key, could have been asked.
            let by = key.acknowledged.as_ref().map_or(user, |it| &it.by);
            let is_before = |one: &&Credential| order.place(one.issued_at) < order.place(key.issued_at);
            let before: Vec<Credential> = keys.iter().filter(is_before).cloned().collect();
            let other = left(&before, &[user, by], |user| present.contains(user));
            if compares && other.is_some() {
                found.findings.push(("uncompared_key", format!("{message}, and others were there")));
            } else {
                found.notes.push(message);
            }
        }
    }
    Ok(())
}

fn uncompared(key: &Credential) -> String {
    let (id, user) = (&key.id, &key.user);
    format!(
        "the key {id} of {user} was used, and no other person has compared its fingerprint; under the profile gxp \
         one says: qms --user <person> key acknowledge {user} --fingerprint <as {user} reads it>"
    )
}

/// The credentials that entries name.
fn used(context: &mut Context, actor: &Actor) -> Result<BTreeSet<CredentialId>, CommandError> {
    let mut used = BTreeSet::new();
    context.session.read(actor).entries(Entries::From(0), &mut |stored| {
        // An entry that cannot be read was found before.
        used.extend(Entry::decode(stored.bytes).ok().and_then(|entry| entry.credential));
        Ok(())
    })?;
    Ok(used)
}
