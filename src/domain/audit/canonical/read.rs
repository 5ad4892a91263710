//! The parts of an entry as they are read, each with its name for whoever is told what is wrong.

use super::Coded;
use super::error::DecodeError;
use super::view::{OfferView, ReasonView, SignatureView};
use crate::domain::audit::wire::Reader;
use crate::domain::digest::{Digest, Timestamp};
use crate::domain::id::DocumentId;

/// Reads what follows a tag that may repeat, and what follows its repetitions. Returns the place
/// of the first; from there on they are known to be sound, each but the first after its tag.
pub(super) fn several<'a>(
    tag: u8,
    reader: &mut Reader<'a>,
    read: fn(&mut Reader<'a>) -> Result<(), DecodeError>,
) -> Result<Reader<'a>, DecodeError> {
    let start = *reader;
    read(reader)?;
    while reader.peek() == Some(tag) {
        reader.byte();
        read(reader)?;
    }
    Ok(Reader::new(start.until(*reader)))
}

pub(super) fn read_reason<'a>(reader: &mut Reader<'a>) -> Result<ReasonView<'a>, DecodeError> {
    Ok(ReasonView {
        name: text("name of a reason", reader)?,
        message: text("message of a reason", reader)?,
        remedy: if_any("remedy of a reason", reader, read_offer)?,
    })
}

pub(super) fn read_offer<'a>(reader: &mut Reader<'a>) -> Result<OfferView<'a>, DecodeError> {
    let action = text("action of an offer", reader)?;
    let document = text("document of an offer", reader)?;
    let inputs = reader.run().ok_or(DecodeError::Malformed("inputs of an offer"))?;
    check_pairs(inputs, |reader| Ok(read_offered(reader)?.0))?;
    let is_id = document.is_empty() || DocumentId::is_valid(document);
    if !is_id {
        return Err(DecodeError::Name("document of an offer"));
    }
    let document = Some(document).filter(|text| !text.is_empty());
    Ok(OfferView { action, document, inputs: Reader::new(inputs) })
}

pub(super) fn read_offered<'a>(reader: &mut Reader<'a>) -> Result<(&'a str, Option<&'a str>), DecodeError> {
    let name = text("name of an offered input", reader)?;
    Ok((name, if_any("value of an offered input", reader, |reader| text("value of an input", reader))?))
}

pub(super) fn if_any<'a, T>(
    what: &'static str,
    reader: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    match reader.byte() {
        Some(0) => Ok(None),
        Some(1) => read(reader).map(Some),
        _ => Err(DecodeError::Malformed(what)),
    }
}

/// Reads pairs of texts, at least one, and returns the place of the first once all are known to be sound.
pub(super) fn told<'a>(what: &'static str, reader: &mut Reader<'a>) -> Result<Reader<'a>, DecodeError> {
    let run = reader.run().filter(|run| !run.is_empty()).ok_or(DecodeError::Malformed(what))?;
    check_pairs(run, |reader| Ok(read_pair(reader)?.0))?;
    Ok(Reader::new(run))
}

/// Checks what stands under names: none twice, in rising order.
pub(super) fn check_pairs<'a>(
    run: &'a [u8],
    read: impl Fn(&mut Reader<'a>) -> Result<&'a str, DecodeError>,
) -> Result<(), DecodeError> {
    let (mut rest, mut last) = (Reader::new(run), None);
    while !rest.rest().is_empty() {
        let name = read(&mut rest)?;
        if last.is_some_and(|last| last >= name) {
            return Err(DecodeError::InputOrder { name: name.to_owned() });
        }
        last = Some(name);
    }
    Ok(())
}

pub(super) fn pairs(mut reader: Reader<'_>) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || read_pair(&mut reader).ok())
}

pub(super) fn read_pair<'a>(reader: &mut Reader<'a>) -> Result<(&'a str, &'a str), DecodeError> {
    Ok((text("name of an input", reader)?, text("value of an input", reader)?))
}

pub(super) fn read_signature<'a>(reader: &mut Reader<'a>) -> Result<SignatureView<'a>, DecodeError> {
    match (reader.run(), reader.array()) {
        (Some(statement), Some(bytes)) => Ok(SignatureView { statement, bytes }),
        _ => Err(DecodeError::Malformed("signature")),
    }
}

#[inline]
pub(super) fn text<'a>(what: &'static str, reader: &mut Reader<'a>) -> Result<&'a str, DecodeError> {
    let run = reader.run().ok_or(DecodeError::Malformed(what))?;
    str::from_utf8(run).map_err(|_| DecodeError::NotUtf8(what))
}

#[inline]
pub(super) fn name<'a>(
    what: &'static str,
    reader: &mut Reader<'a>,
    is_valid: fn(&str) -> bool,
) -> Result<&'a str, DecodeError> {
    let text = text(what, reader)?;
    if is_valid(text) { Ok(text) } else { Err(DecodeError::Name(what)) }
}

#[inline]
pub(super) fn code<T: Coded>(what: &'static str, reader: &mut Reader<'_>) -> Result<T, DecodeError> {
    let code = reader.byte().ok_or(DecodeError::Malformed(what))?;
    T::from_code(code).ok_or(DecodeError::Code { what, code })
}

pub(super) fn number(what: &'static str, reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    reader.array().map(u64::from_be_bytes).ok_or(DecodeError::Malformed(what))
}

pub(super) fn short(what: &'static str, reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    reader.array().map(u32::from_be_bytes).ok_or(DecodeError::Malformed(what))
}

pub(super) fn time(what: &'static str, reader: &mut Reader<'_>) -> Result<Timestamp, DecodeError> {
    number(what, reader).map(|number| Timestamp::from_millis(number.cast_signed()))
}

pub(super) fn digest(what: &'static str, reader: &mut Reader<'_>) -> Result<Digest, DecodeError> {
    reader.array().map(Digest::from_bytes).ok_or(DecodeError::Malformed(what))
}
