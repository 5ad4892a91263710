//! Where links lead: places, with a title or without.

use super::ahead::Ahead;

/// The places of a text. They are asked for in order, so the search only goes forward.
pub(super) struct Places<'a> {
    text: &'a str,
    end: Ahead<'a>,
    /// The first letter of a place, and of a title.
    first: Ahead<'a>,
    title: Ahead<'a>,
    room: Ahead<'a>,
    angle: Ahead<'a>,
    double: Ahead<'a>,
    single: Ahead<'a>,
    round: Ahead<'a>,
    closing: Ahead<'a>,
    /// Up to where a place was looked at last, and where the room before that begins.
    trimmed: (usize, usize),
}

impl<'a> Places<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let ahead = |find| Ahead::of(text, find);
        Self {
            text,
            end: ahead(|rest| rest.find([')', '\n', '['])),
            first: ahead(|rest| rest.find(|c: char| !c.is_whitespace())),
            title: ahead(|rest| rest.find(|c: char| !c.is_whitespace())),
            room: ahead(|rest| rest.find([' ', '\t'])),
            angle: ahead(|rest| rest.find(['<', '>'])),
            double: ahead(|rest| rest.find('"')),
            single: ahead(|rest| rest.find('\'')),
            round: ahead(|rest| rest.find('(')),
            closing: ahead(|rest| rest.find(')')),
            trimmed: (0, 0),
        }
    }

    /// Tells whether the target of a link begins somewhere: `(place)` or `(place "title")`.
    pub(super) fn begins_target(&mut self, at: usize) -> bool {
        if self.text.as_bytes().get(at) != Some(&b'(') {
            return false;
        }
        let (from, end) = (at + 1, self.end.next(at + 1));
        let Some(after) = self.text.get(end..).filter(|after| after.starts_with(')')) else { return false };
        // A bracket within the place is closed before that of the link.
        self.is_place(from, end) && (self.round.next(from) >= end || after.starts_with("))"))
    }

    /// Tells whether there is a place between two ends, with a title or without, and nothing else. `#` alone
    /// leads nowhere.
    pub(super) fn is_place(&mut self, from: usize, to: usize) -> bool {
        let (from, to) = (self.first.next(from), self.trimmed(from, to));
        if from >= to {
            return false;
        }
        let end = self.room.next(from).min(to);
        let is_titled = end == to || self.is_title(end, to);
        is_titled && self.text.get(from..end) != Some("#") && self.angle.next(from) >= end
    }

    /// Tells whether there is a title between two ends.
    fn is_title(&mut self, from: usize, to: usize) -> bool {
        let from = self.title.next(from);
        let (inside, last) = (from + 1, to - 1);
        match (self.text.as_bytes().get(from), self.text.as_bytes().get(last)) {
            (Some(b'"'), Some(b'"')) => self.double.next(inside) == last,
            (Some(b'\''), Some(b'\'')) => self.single.next(inside) == last,
            (Some(b'('), Some(b')')) => {
                self.closing.next(inside) == last
                    && self.text.get(inside..last).is_some_and(|it| !it.contains('('))
            }
            _ => false,
        }
    }

    /// Where the room at the end of what stands between two ends begins.
    fn trimmed(&mut self, from: usize, to: usize) -> usize {
        let (end, begin) = self.trimmed;
        if end != to {
            let text = self.text.get(from..to).unwrap_or_default();
            self.trimmed = (to, from + text.trim_end().len());
            return self.trimmed.1;
        }
        begin.max(from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether a text is a place, with a title or without, looked at by itself.
    fn is_place(text: &str) -> bool {
        let (place, title) = text.trim().split_once([' ', '\t']).unwrap_or((text.trim(), ""));
        let title = title.trim();
        let is_between = |begin, end| {
            let inside = title.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
            inside.is_some_and(|inside| !inside.contains([begin, end]))
        };
        let is_titled = is_between('"', '"') || is_between('\'', '\'') || is_between('(', ')');
        !place.is_empty() && place != "#" && !place.contains(['<', '>']) && (title.is_empty() || is_titled)
    }

    #[test]
    fn a_target_is_a_place_with_a_title_or_without() {
        for (text, expected) in [
            ("(a)", true),
            ("( a\t'b' )", true),
            ("(a \"b\")", true),
            ("(a(b))", true),
            ("(a(b)", false),
            ("(#)", false),
            ("(#a)", true),
            ("()", false),
            ("(a b)", false),
            ("(a \"b\"c\")", false),
            ("(<a>)", false),
            ("(a [b])", false),
            ("(a\nb)", false),
            ("a", false),
        ] {
            assert_eq!(Places::of(text).begins_target(0), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn places_that_are_looked_at_one_after_the_other_are_what_they_are_by_themselves(
            text in "[(a#<\"' \u{a0}\t]{0,16}[)\n]{0,1}[(a#\"' ]{0,8}",
        ) {
            let mut places = Places::of(&text);
            for (at, _) in text.match_indices('(') {
                let inside = &text[at + 1..];
                let end = inside.find([')', '\n', '[']).filter(|end| inside[*end..].starts_with(')'));
                let expected = end.is_some_and(|end| {
                    let place = &inside[..end];
                    is_place(place) && (!place.contains('(') || inside[end..].starts_with("))"))
                });
                prop_assert_eq!(places.begins_target(at), expected, "{} in {:?}", at, &text);
            }
            prop_assert_eq!(Places::of(&text).is_place(0, text.len()), is_place(&text));
        }
    }
}
