//! Embeds `workflows/`, `prompts/`, `sops/` and `templates/`: adding a file there touches no Rust.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[expect(clippy::disallowed_methods, reason = "a build script is told its folders by variables")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let mut code = String::new();
    for (constant, folder, ending) in [
        ("WORKFLOWS", "workflows", "yaml"),
        ("PROMPTS", "prompts", "yaml"),
        ("SOPS", "sops", "md"),
        ("TEMPLATES", "templates", "md"),
    ] {
        println!("cargo::rerun-if-changed={folder}");
        let mut files: Vec<_> = fs::read_dir(Path::new(&root).join(folder))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        files.retain(|path| path.extension().is_some_and(|it| it == ending));
        files.sort();
        writeln!(code, "/// The files of `{folder}/`: name and text, by name.")?;
        writeln!(code, "pub const {constant}: &[(&str, &str)] = &[")?;
        for path in files {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            writeln!(code, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
        }
        writeln!(code, "];")?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("embedded.rs"), code)?;
    Ok(())
}
