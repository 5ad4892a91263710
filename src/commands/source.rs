//! Where what a caller presents was found.

use crate::domain::document::words;

words! {
    /// Where a credential came from, in the order in which it is looked for.
    Source {
        /// Nowhere: only a name was claimed.
        None = "none",
        /// A ticket, from the hook of an agent runtime.
        Ticket = "ticket",
        /// `--token-file`.
        TokenFile = "token_file",
        /// The file that `QMS_TOKEN_FILE` names.
        VariableFile = "QMS_TOKEN_FILE",
        /// The inherited descriptor that `QMS_TOKEN_FD` names.
        Descriptor = "QMS_TOKEN_FD",
        /// `QMS_TOKEN`.
        Variable = "QMS_TOKEN",
        /// It was typed.
        Terminal = "terminal",
        /// `qms unlock` at this terminal.
        Unlock = "unlock",
        /// The sealed key of the user who was named, opened with its passphrase.
        Key = "key",
    }
}
