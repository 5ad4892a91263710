//! What a store promises. Every backend passes the same tests; a new one adds a line to
//! [`contract`] and a way to open it.

#![expect(clippy::panic, reason = "a test that cannot go on says why and stops")]

#[cfg(unix)]
#[path = "store_contract/permissions.rs"]
mod permissions;
#[path = "store_contract/reads.rs"]
mod reads;
#[path = "store_contract/rows.rs"]
mod rows;
#[path = "store_contract/sqlite_file.rs"]
mod sqlite_file;
#[path = "store_contract/writes.rs"]
mod writes;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use qms::store::{Memory, Sqlite, Store, StoreError};
use tempfile::TempDir;

/// How a test ends.
type Outcome = Result<(), Box<dyn Error>>;

/// A store, and a way to reach it as another process would.
trait Backend: Sync {
    /// Opens one more handle on the same store.
    fn open(&self) -> Result<Box<dyn Store>, StoreError>;
    /// Opens one more handle that waits for others no longer than a moment.
    fn open_impatient(&self) -> Result<Box<dyn Store>, StoreError>;
}

/// Long enough for a lock to be met, short enough for a test.
const MOMENT: Duration = Duration::from_millis(30);

struct InMemory {
    patient: Memory,
}

impl Backend for InMemory {
    fn open(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(self.patient.clone()))
    }

    fn open_impatient(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(self.patient.clone().within(MOMENT)))
    }
}

struct InFile {
    path: PathBuf,
    _folder: TempDir,
}

impl Backend for InFile {
    fn open(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(Sqlite::open(&self.path)?))
    }

    fn open_impatient(&self) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(Sqlite::open_within(&self.path, MOMENT)?))
    }
}

fn in_memory() -> InMemory {
    InMemory { patient: Memory::new() }
}

fn in_file() -> Result<InFile, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("qms.db");
    drop(Sqlite::create(&path)?);
    Ok(InFile { path, _folder: folder })
}

macro_rules! contract {
    ($($module:ident: $($promise:ident)*;)*) => {
        mod memory {
            $($(#[test] fn $promise() -> super::Outcome { super::$module::$promise(&super::in_memory()) })*)*
        }
        mod sqlite {
            $($(#[test] fn $promise() -> super::Outcome { super::$module::$promise(&super::in_file()?) })*)*
        }
    };
}

contract! {
    reads:
        an_empty_store_reads_as_empty
        every_kind_of_row_is_read_back_as_it_was_written
        open_tasks_follow_the_rounds
        the_last_number_is_the_highest_one_right_after_the_prefix
        documents_are_listed_in_the_order_of_their_numbers
        documents_are_filtered_by_each_property_and_by_all
        a_list_continues_after_any_document_and_stops_at_its_limit
        occupied_states_are_told_once_each
        entries_are_visited_from_an_index_or_about_a_document
        a_visitor_can_stop_and_can_use_another_handle;
    writes:
        a_document_is_replaced_whole
        // REQ-125
        another_size_of_the_log_is_a_conflict
        // REQ-125
        another_revision_of_a_document_is_a_conflict
        // REQ-116
        what_was_refused_leaves_nothing_behind
        a_change_that_contradicts_itself_is_refused
        what_rows_refer_to_must_be_kept
        // REQ-039
        what_is_added_once_is_not_added_twice
        // REQ-126
        the_log_is_only_appended_to
        contents_and_policies_are_kept_once
        a_large_content_is_kept_once_and_comes_back_whole
        refusals_are_counted_without_an_entry
        // REQ-076, REQ-201
        a_ticket_ends_once_and_is_open_to_its_agent_until_then
        a_turn_keeps_other_writers_out_until_it_ends
        a_handle_that_is_dropped_ends_its_turn
        // REQ-125
        of_two_writers_that_expect_the_same_log_one_wins
        // REQ-125
        writers_that_race_lose_nothing;
}
