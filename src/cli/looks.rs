//! Which commands only look: whatever they are told, nothing is recorded but a reading.

use super::grammar::BuiltIn;
use crate::commands::agent::AgentCommand;
use crate::commands::audit::AuditCommand;
use crate::commands::evidence::EvidenceCommand;
use crate::commands::item::ItemCommand;
use crate::commands::key::KeyCommand;
use crate::commands::namespace::NamespaceCommand;
use crate::commands::token::TokenCommand;
use crate::commands::user::UserCommand;
use crate::commands::workflow::WorkflowCommand;

impl BuiltIn {
    /// Tells whether the command only looks.
    pub fn looks(&self) -> bool {
        match self {
            Self::Status { .. }
            | Self::Next { .. }
            | Self::List(_)
            | Self::Inbox
            | Self::Brief { .. }
            | Self::Workspace
            | Self::Read(_)
            | Self::Diff(_)
            | Self::History { .. }
            | Self::Comments { .. }
            | Self::Why { .. }
            | Self::Blocked
            | Self::Note(_)
            | Self::Trait(_)
            | Self::Whoami
            | Self::Sop(_)
            | Self::Metrics(_)
            | Self::Explain { .. }
            | Self::Completion { .. } => true,
            Self::Audit(command) => !matches!(command, AuditCommand::Clock { .. }),
            Self::Evidence(command) => !matches!(command, EvidenceCommand::Run { .. }),
            Self::Agent(command) => matches!(command, AgentCommand::List { .. }),
            Self::Token(command) => matches!(command, TokenCommand::List { .. }),
            Self::Key(command) => matches!(command, KeyCommand::List),
            Self::User(command) => matches!(command, UserCommand::List | UserCommand::Show { .. }),
            Self::Item(command) => matches!(command, ItemCommand::List { .. }),
            Self::Namespace(command) => matches!(command, NamespaceCommand::List),
            Self::Workflow(command) => !matches!(command, WorkflowCommand::Adopt { .. }),
            Self::Doctor { repair } => !repair,
            Self::Init { .. }
            | Self::Enrol
            | Self::Unlock { .. }
            | Self::Recover { .. }
            | Self::Hook
            | Self::Hooks(_)
            | Self::Demo { .. } => false,
        }
    }
}
