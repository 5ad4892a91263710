//! What a hook of an agent runtime reads, decides and answers, without the world around it.
//!
//! A runtime starts `qms hook` beside each tool call and hands it one event. Here are the event, the
//! shell line in it and the answer; who is calling, and whether they may, is decided elsewhere.

pub mod answer;
pub mod event;
pub mod line;
pub mod words;

mod likeness;
mod programs;
mod quoting;
mod raw;
mod runs;
mod runtime;
mod scan;
mod settings;
mod word;

pub use event::{EVENT_MAX, Event, Malformed, Notice, Outcome, ToolCall};
pub use line::{Line, Refused, examine, is_input, suggestion, with_files};
pub use programs::is_name_of_shell;
pub use raw::may_be_a_call;
pub use runtime::Runtime;
pub use settings::{Found, Hindrances, HookSettings, Layer, Misshapen, Origin, Signing};
pub use words::{behind, render};
