//! The streams that are written to. Whatever goes through one writes to no terminal: each way in escapes what is
//! not ours, and there is no other. Tokens are taken out of all of it but the very bytes of what is recorded, into
//! which no live one comes.

use std::io::{self, Write};

use clap::builder::StyledStr;
use console::Style;

use super::escape::Escape;
use crate::domain::redact::Shield;
use crate::domain::visible::escaped;

/// A stream. What is written to it as to any is text, and is escaped wherever it goes.
pub struct Outlet {
    to: Shielded,
    is_terminal: bool,
    text: Escape,
    of_others: Escape,
}

/// A word of ours at the beginning of a line, in its colour.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    /// Something was done.
    Done,
    /// Something that the caller should know.
    Warning,
    /// Something failed.
    Error,
    /// Something to remember.
    Remember,
}

impl Mark {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::Warning => "⚠",
            Self::Error => "error:",
            Self::Remember => "remember:",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Done => Style::new().green(),
            Self::Warning => Style::new().yellow(),
            Self::Error => Style::new().red().bold(),
            Self::Remember => Style::new().cyan(),
        }
    }
}

impl Outlet {
    /// Takes over a stream, and whether it is a terminal.
    pub fn new(to: Box<dyn Write>, is_terminal: bool) -> Self {
        let to = Shielded { to, shield: Some(Shield::default()) };
        Self { to, is_terminal, text: Escape::new(false), of_others: Escape::new(true) }
    }

    /// Tells whether it is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Lets a token be written from here on, which its owner is shown once.
    pub fn reveal(&mut self) -> io::Result<()> {
        self.settle()?;
        self.to.flush()?;
        self.to.shield = None;
        Ok(())
    }

    /// Writes a line that begins with a word of ours, in one piece.
    pub fn marked(&mut self, mark: Mark, text: &str, is_colored: bool) -> io::Result<()> {
        self.settle()?;
        let word = mark.style().force_styling(is_colored).apply_to(mark.word());
        self.to.write_all(format!("{word}{}\n", escaped(text)).as_bytes())
    }

    /// Writes what the parser of the command line made, in its colours, and ends its last line.
    pub fn styled(&mut self, text: &StyledStr, is_colored: bool) -> io::Result<()> {
        self.settle()?;
        let text = if is_colored { text.ansi().to_string() } else { text.to_string() };
        let shown = Escape::new(is_colored).finish(text.trim_end().as_bytes());
        self.to.write_all(format!("{shown}\n").as_bytes())
    }

    /// Writes the output of another program, as it comes. At a terminal its colours stay, and nothing else of it is
    /// obeyed; whatever else reads gets the very bytes.
    pub fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.settle()?;
        if self.is_terminal {
            let shown = self.of_others.push(bytes);
            self.to.write_all(shown.as_bytes())?;
        } else {
            self.to.write_all(bytes)?;
        }
        self.to.flush()
    }

    /// Ends the output of another program.
    pub fn passed(&mut self) -> io::Result<()> {
        let shown = self.of_others.finish(b"");
        self.to.write_all(shown.as_bytes())?;
        self.to.flush()
    }

    /// Writes what is recorded: a terminal gets it as text, whatever else reads gets the very bytes, which were
    /// digested and signed as they are.
    pub fn verbatim(&mut self) -> Verbatim<'_> {
        Verbatim(self)
    }

    /// Writes what is left of a text that was not whole.
    fn settle(&mut self) -> io::Result<()> {
        let shown = self.text.finish(b"");
        self.to.write_all(shown.as_bytes())
    }
}

/// Where everything goes, without tokens.
struct Shielded {
    to: Box<dyn Write>,
    shield: Option<Shield>,
}

impl Shielded {
    /// Writes bytes as they are.
    fn bare(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(shield) = self.shield.replace(Shield::default()) {
            self.to.write_all(&shield.finish())?;
        }
        self.to.write(bytes)
    }
}

impl Write for Shielded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(shield) = &mut self.shield else { return self.to.write(bytes) };
        self.to.write_all(&shield.push(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(shield) = &mut self.shield {
            self.to.write_all(&shield.flush())?;
        }
        self.to.flush()
    }
}

impl Drop for Shielded {
    fn drop(&mut self) {
        let rest = self.shield.take().map(Shield::finish).unwrap_or_default();
        if !rest.is_empty() {
            // Nobody is left to be told.
            let _unheard = self.to.write_all(&rest).and_then(|()| self.to.flush());
        }
    }
}

/// Bytes that are escaped at once: what is large is not held once more. Every line of talk is shorter, and goes
/// out in one piece.
const PIECE: usize = 64 * 1024;

impl Write for Outlet {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let text = text.get(..PIECE).unwrap_or(text);
        let shown = self.text.push(text);
        self.to.write_all(shown.as_bytes())?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.settle()?;
        self.to.flush()
    }
}

/// Contents on their way out; see [`Outlet::verbatim`].
pub struct Verbatim<'o>(&'o mut Outlet);

impl Write for Verbatim<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.is_terminal {
            self.0.write(bytes)
        } else {
            self.0.settle()?;
            self.0.to.bare(bytes)
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
