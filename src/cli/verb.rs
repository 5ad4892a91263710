//! A verb of the policy on the command line: its arguments, and what was said with them.

use clap::builder::{PossibleValue, PossibleValuesParser, StyledStr};
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command};

use super::grammar::Extent;
use crate::commands::view::flag;
use crate::domain::id::{DocumentId, IdWord, InputName, InvalidName, ItemId, TypeName, UserName};
use crate::domain::policy::{Action, Input, InputKind, Scope};

/// Builds the command of a verb, which goes by `name`.
pub(super) fn verb(action: &Action, name: &str, extent: Extent<'_>) -> Command {
    let is_told = extent.has_verb(name);
    let mut command = Command::new(name.to_owned()).about(action.help.clone());
    if !is_told {
        return command;
    }
    if let Some(sop) = &action.sop {
        command = command.after_help(StyledStr::from(format!("Governed by {sop}: `qms sop show {sop}`.")));
    }
    command = if action.scope == Scope::New {
        command
            .arg(Arg::new("type").required(true).value_name("TYPE").help("Type of the document, such as CR"))
    } else {
        command.arg(
            Arg::new("document").required(true).value_name("DOCUMENT").help("The document, such as CR-001"),
        )
    };
    for input in &action.inputs {
        command = with_input(command, input);
    }
    command.arg(
        Arg::new("dry-run")
            .long("dry-run")
            .action(ArgAction::SetTrue)
            .help("Decide only, change nothing, record nothing"),
    )
}

/// Adds an input. Its argument goes by its flag, so that no input can be taken for another argument.
fn with_input(command: Command, input: &Input) -> Command {
    let name = input.name.as_str();
    let flagged = |name: &str| Arg::new(flag(name)).long(flag(name).trim_start_matches('-').to_owned());
    let plain = |value: &'static str| {
        flagged(name).value_name(value).required(input.required).help(input.help.clone())
    };
    if input.positional {
        let value = name.to_uppercase();
        let argument =
            Arg::new(flag(name)).required(input.required).value_name(value).help(input.help.clone());
        return command.arg(argument);
    }
    match &input.kind {
        InputKind::File => {
            let help = format!("{}; `-` reads it from standard input", input.help);
            command.arg(plain("PATH").help(help))
        }
        InputKind::Line => command.arg(plain("TEXT").allow_hyphen_values(true)),
        InputKind::Word => command.arg(plain("NAME")),
        InputKind::Item => command.arg(plain("ITEM")),
        InputKind::Document => command.arg(plain("DOCUMENT")),
        InputKind::User => command.arg(plain("USER")),
        InputKind::Users => command.arg(plain("USERS").value_delimiter(',')),
        InputKind::Text => {
            let file = format!("{name}_file");
            command
                .arg(
                    plain("TEXT")
                        .required(false)
                        .allow_hyphen_values(true)
                        .help(format!("{}; `-` reads it from standard input", input.help)),
                )
                .arg(
                    flagged(&file)
                        .value_name("PATH")
                        .help(format!("File with the {}", name.replace('_', " "))),
                )
                .group(
                    ArgGroup::new(format!("{name} text"))
                        .args([flag(name), flag(&file)])
                        .required(input.required),
                )
        }
        InputKind::OneOf(choices) if input.named => {
            let values = choices.iter().map(|choice| {
                let value = choice.value.replace('_', "-");
                PossibleValue::new(value).help(choice.label.clone())
            });
            command.arg(plain("VALUE").value_parser(PossibleValuesParser::new(values.collect::<Vec<_>>())))
        }
        InputKind::OneOf(choices) => {
            let ids: Vec<String> = choices.iter().map(|choice| flag(&choice.value)).collect();
            let flags = choices.iter().map(|choice| {
                flagged(&choice.value)
                    .action(ArgAction::SetTrue)
                    .help(format!("{}: {}", input.help, choice.label))
            });
            command
                .args(flags.collect::<Vec<_>>())
                .group(ArgGroup::new(format!("{name} choice")).args(ids).required(input.required))
        }
    }
}

/// A value that stands on the command line, before long texts are fetched from where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// A text as it stands.
    Text(String),
    /// A text in a file, or on standard input for `-`.
    TextFile(String),
    /// The bytes of a file, or of standard input for `-`.
    File(String),
    /// Users.
    Users(Vec<UserName>),
    /// A document.
    Document(DocumentId),
}

/// Reads the inputs of a verb; the message says what is not a name.
pub fn inputs(action: &Action, matches: &ArgMatches) -> Result<Vec<(InputName, Raw)>, InvalidName> {
    let mut found = Vec::new();
    for input in &action.inputs {
        let name = flag(input.name.as_str());
        let one = || matches.get_one::<String>(&name).cloned();
        let raw = match &input.kind {
            // A word of a new document becomes part of its id.
            InputKind::Word if action.scope == Scope::New => {
                one().map(|text| IdWord::parse(&text)).transpose()?.map(|word| Raw::Text(word.to_string()))
            }
            InputKind::Line | InputKind::Word => one().map(Raw::Text),
            InputKind::Item => {
                one().map(|text| ItemId::parse(&text)).transpose()?.map(|id| Raw::Text(id.into()))
            }
            InputKind::File => one().map(Raw::File),
            InputKind::Document => one().map(|text| DocumentId::parse(&text)).transpose()?.map(Raw::Document),
            InputKind::User | InputKind::Users => matches
                .get_many::<String>(&name)
                .map(|names| names.map(|name| UserName::parse(name.trim())).collect::<Result<Vec<_>, _>>())
                .transpose()?
                .map(Raw::Users),
            InputKind::Text => match (one(), matches.get_one::<String>(&format!("{name}-file"))) {
                (Some(text), _) if text == "-" => Some(Raw::TextFile(text)),
                (Some(text), _) => Some(Raw::Text(text)),
                (None, path) => path.cloned().map(Raw::TextFile),
            },
            InputKind::OneOf(_) if input.named => one().map(|text| Raw::Text(text.replace('-', "_"))),
            InputKind::OneOf(choices) => choices
                .iter()
                .find(|choice| matches.get_flag(&flag(&choice.value)))
                .map(|choice| Raw::Text(choice.value.clone())),
        };
        found.extend(raw.map(|raw| (input.name.clone(), raw)));
    }
    Ok(found)
}

/// Reads the type that a creating verb is about.
pub fn type_name(matches: &ArgMatches) -> Result<TypeName, InvalidName> {
    TypeName::parse(matches.get_one::<String>("type").map_or("", String::as_str))
}

/// Reads the document that a verb is about.
pub fn document_id(matches: &ArgMatches) -> Result<DocumentId, InvalidName> {
    DocumentId::parse(matches.get_one::<String>("document").map_or("", String::as_str))
}
