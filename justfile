# Everyday commands; `just` lists them.

default:
    @just --list

# What CI runs
ci:
    bash .ci/run

# The ordinary tests
test:
    cargo test

# Format and lint
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# Advisories, licences and sources of dependencies (needs cargo-deny)
deny:
    cargo deny check

# Kill the program at random moments, three hundred times, and check that nothing broke; wait for locks
stress:
    cargo test --release --test stress -- --ignored --nocapture
    cargo test --test trouble -- --ignored

# Time the commands against a floor on this machine and print a table
bench:
    cargo bench

# Play the puzzle with the real Claude Code and Codex (QMS_AGENT_TOOLS: a folder for npm, outside of the repository)
agents:
    bash .ci/agents

# Write the shown output and the trace of the requirements into README and docs anew
readme:
    cargo test --test readme --test requirements -- --ignored

# Write the vectors that the sealed bytes have now, to be compared with tests/vectors by hand
vectors:
    cargo test --test vectors -- --ignored --nocapture
