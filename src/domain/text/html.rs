//! Which lines begin raw HTML, after CommonMark 0.31, 4.6; comments aside.

/// Names that begin raw HTML by themselves, in alphabetical order.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "base",
    "basefont",
    "blockquote",
    "body",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "iframe",
    "legend",
    "li",
    "link",
    "main",
    "menu",
    "menuitem",
    "nav",
    "noframes",
    "ol",
    "optgroup",
    "option",
    "p",
    "param",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "track",
    "ul",
];

/// What ends the raw HTML that a line begins; an empty line where that is nothing.
///
/// Text that begins with a tag is text all the same, and so is the row of a table: of the names that are
/// no blocks only a tag that has its line for itself begins raw HTML. Whether it does so after text differs
/// from page to page; here it does, and what reads otherwise then is a fault.
pub(super) fn html(text: &str) -> Option<&'static [&'static str]> {
    const UNTIL_CLOSED: &[&str] = &["script", "pre", "style", "textarea"];
    const CLOSED: &[&str] = &["</script>", "</pre>", "</style>", "</textarea>"];
    let inside = text.strip_prefix('<')?;
    for (begin, end) in [("?", &["?>"] as &[_]), ("![CDATA[", &["]]>"])] {
        if inside.starts_with(begin) {
            return Some(end);
        }
    }
    if inside.strip_prefix('!').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic())) {
        return Some(&[">"]);
    }
    let (is_end, name) = inside.strip_prefix('/').map_or((false, inside), |name| (true, name));
    let (name, rest) = tag_name(name)?;
    let lower = name.to_ascii_lowercase();
    let is_over = rest.is_empty() || rest.starts_with([' ', '\t', '>']);
    if !is_end && is_over && UNTIL_CLOSED.contains(&lower.as_str()) {
        return Some(CLOSED);
    }
    let is_block = (is_over || rest.starts_with("/>")) && BLOCKS.binary_search(&lower.as_str()).is_ok();
    let after = if is_end { white(rest).strip_prefix('>') } else { after_attributes(rest) };
    (is_block || after.is_some_and(|after| white(after).is_empty())).then_some(&[])
}

fn tag_name(text: &str) -> Option<(&str, &str)> {
    let length = text.len() - text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-').len();
    text.split_at_checked(length).filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn white(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// What stands behind a tag, from its attributes on.
fn after_attributes(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let next = white(rest);
        if let Some(after) = next.strip_prefix('>').or_else(|| next.strip_prefix("/>")) {
            return Some(after);
        }
        rest = attribute(next).filter(|_| next.len() < rest.len())?;
    }
}

/// What stands behind an attribute.
fn attribute(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '-');
    let after = text.trim_start_matches(is_part);
    let is_named = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | ':'));
    let Some(value) = white(after).strip_prefix('=').map(white) else { return is_named.then_some(after) };
    let behind = match value.chars().next()? {
        quote @ ('"' | '\'') => value.get(1..)?.split_once(quote).map(|(_, behind)| behind),
        _ => behind_word(value),
    };
    behind.filter(|_| is_named)
}

/// What stands behind a value without quotes.
fn behind_word(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c| !matches!(c, ' ' | '\t' | '"' | '\'' | '=' | '<' | '>' | '`'));
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_blocks_are_found() {
        assert!(BLOCKS.is_sorted());
    }

    #[test]
    fn raw_html_begins_with_a_block_or_a_tag_of_its_own() {
        for text in
            ["<div>", "<div", "</DIV> a", "<p/>", "<i>", "</i >  ", "<a b c=d e='f>' g = \"h\" />\t", "<h1>a"]
        {
            assert_eq!(html(text), Some(&[] as &[_]), "{text}");
        }
        for (text, end) in [
            ("<pre> a", "</pre>"),
            ("<?a", "?>"),
            ("<!A", ">"),
            ("<![CDATA[a", "]]>"),
            ("<Script", "</script>"),
        ] {
            assert!(html(text).is_some_and(|ends| ends.contains(&end)), "{text}");
        }
    }

    #[test]
    fn text_may_begin_with_a_tag() {
        for text in [
            "<i></i>EI-2 | a |",
            "<i> a",
            "<https://a>",
            "<a b=>",
            "<a b=\"c",
            "<a b='c'd>",
            "<a",
            "<divx y,>",
            "< p>",
            "<1>",
            "<",
            "<a =b>",
        ] {
            assert_eq!(html(text), None, "{text}");
        }
    }
}
