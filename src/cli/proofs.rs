//! Commands about who is calling: tokens, keys, agents, hooks.

use super::credential;
use super::grammar::{BuiltIn, Global};
use super::world::World;
use crate::commands::key::KeyCommand;
use crate::commands::{CommandError, Context, Reply, agent, agent_run, hooks, key, token, whoami};
use crate::disk::Stream;
use crate::domain::identity::Found;

/// Answers a command about who is calling.
pub fn run(
    world: &mut World,
    context: &mut Context,
    global: &Global,
    command: BuiltIn,
) -> Result<Reply, CommandError> {
    match command {
        BuiltIn::Agent(command) => {
            let is_data = global.format().is_data();
            let World { variable, stdout, stderr, program, ancestry, .. } = world;
            let mut output = |stream: Stream, bytes: &[u8]| {
                // Where standard output is one document, all that is said goes to standard error.
                let to = if stream == Stream::Out && !is_data { &mut *stdout } else { &mut *stderr };
                let _unread = to.pass(bytes);
            };
            let outside = agent_run::Outside { program, descent: *ancestry, variable, output: &mut output };
            let done = agent::run(context, command, outside);
            let _unread = stdout.passed().and_then(|()| stderr.passed());
            done
        }
        BuiltIn::Hooks(command) => hooks::run(context, &command, &world.program),
        BuiltIn::Whoami => {
            // This tells nothing of the project.
            if context.claim.found == Found::Unsigned {
                context.claim.found = Found::Shared;
            }
            whoami::run(context)
        }
        BuiltIn::Enrol => {
            let user = context.holder()?;
            let file = credential::passphrase_file(world, global);
            let passphrase = credential::new_passphrase(world, global, file.as_deref(), user.as_str())?;
            key::create(context, &passphrase, "key made for")
        }
        BuiltIn::Unlock { time } => whoami::unlock(context, time, world.terminal.as_deref()),
        BuiltIn::Token(command) => {
            let may_show = world.stdout.is_terminal() && !global.format().is_data();
            token::run(context, command, may_show)
        }
        BuiltIn::Key(KeyCommand::List) => key::list(context),
        BuiltIn::Key(KeyCommand::Acknowledge { user, fingerprint }) => {
            key::acknowledge(context, user, fingerprint)
        }
        BuiltIn::Key(KeyCommand::Revoke { key, reason }) => key::take_back(context, key, reason),
        BuiltIn::Key(KeyCommand::Create { new_passphrase_file }) => {
            let user = context.holder()?;
            let file = new_passphrase_file.as_deref();
            let passphrase = credential::new_passphrase(world, global, file, user.as_str())?;
            key::create(context, &passphrase, "new key made for")
        }
        _ => Err(CommandError::Usage("this command needs no project".to_owned())),
    }
}
