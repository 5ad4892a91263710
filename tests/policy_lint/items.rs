//! Execution items that a policy would not protect.

use super::Case;

pub(super) const CASES: &[Case] = &[
    Case(
        "items_never_recorded",
        &[("record.yaml", "attachment: true,", "attachment: true, items: true,")],
        "{ title: Verification record",
        "items of a `VR` are never recorded: no transition does it",
    ),
    Case(
        "item_of_nothing",
        &[(
            "executable.yaml",
            "required: [title], items: true, parent: { types: [CR], ",
            "required: [title], parent: { types: [CR], ",
        )],
        "{ title: Exception report",
        "`ER` answers for an item of a `TP`, which has none",
    ),
    Case(
        "record_without_guard",
        &[("executable.yaml", "items_unchanged, item_recordable]", "items_unchanged]")],
        "{ action: item_record",
        "`item_record` records items: it needs the guard `item_recordable`",
    ),
    Case(
        "record_without_guard",
        &[("executable.yaml", "not_checked_out, items_unchanged, item_", "items_unchanged, item_")],
        "{ action: item_record",
        "`item_record` records items: it needs the guard `not_checked_out`",
    ),
    Case(
        "record_without_inputs",
        &[
            ("executable.yaml", "{ action: item_record", "{ action: item_record"),
            ("actions.yaml", "takes: text, required: true, help: Where", "takes: text, help: Where"),
        ],
        "{ action: item_record",
        "`item_record` records items: it needs the inputs `item`, `outcome` (of `pass` and `fail`), \
         `evidence`, all required, and `actual`",
    ),
];
