//! What holds of every text, and of every table.

use proptest::prelude::*;

use super::*;

fn cell() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", " ", "x", " [actual] ", "\\|", "`a\\|b`", "ä", " Pass ", "\\\\|"])
        .prop_map(str::to_owned)
}

fn table() -> impl Strategy<Value = String> {
    let row = prop::collection::vec(cell(), 7);
    let rows = prop::collection::vec(row, 1..5);
    (rows, prop::sample::select(vec!["\n", "\r\n"])).prop_map(|(rows, end)| {
        let rows: Vec<String> = rows
            .iter()
            .zip(1..)
            .map(|(cells, number)| format!("|EI-{number}|{}|\n", cells.join("|")))
            .collect();
        document(&rows).replace('\n', end)
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_fail(text in any::<String>()) {
        let _ = Items::of(&text);
    }

    #[test]
    fn one_row_is_written_and_every_other_byte_stays(
        text in table(),
        which in any::<prop::sample::Index>(),
        actual in "[ -~äß|\\\\\n]{1,20}",
    ) {
        let Ok(before) = Items::of(&text) else { return Ok(()) };
        let all: Vec<_> = before.iter().collect();
        let item = all[which.index(all.len())];
        let (said, performer) = (cell_text(&actual, &words()), performer());
        let written = recorded(&text, item, &entry(&performer, &actual));
        prop_assert_eq!(written.is_some(), said.is_ok());
        let Some(written) = written else { return Ok(()) };
        let after = items(&written);
        prop_assert_eq!(departures(&before, &after), vec![]);
        let same = |other: &&crate::domain::items::Item| other.id != item.id;
        let rest = |items: &Items| items.iter().filter(same).map(|it| Column::ALL.map(|c| it.written(c).to_owned())).collect::<Vec<_>>();
        prop_assert_eq!(rest(&before), rest(&after));
        let found = after.find(&item.id).and_then(|item| item.says(Column::Actual)).unwrap_or_default();
        prop_assert_eq!(found, said.unwrap_or_default().replace("<br>", "\n"));
        let lines = |text: &str| text.lines().enumerate().filter(|(at, _)| at + 1 != item.line).map(|(_, line)| line.to_owned()).collect::<Vec<_>>();
        prop_assert_eq!(lines(&text), lines(&written));
    }
}
