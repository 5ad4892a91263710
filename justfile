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

# What the compiler puts into the readers of text for the fuzzer, and for counting their steps; no nightly is needed
sancov := "--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 -Cllvm-args=-sanitizer-coverage-level="
fuzzed := sancov + "4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
counted := sancov + "3 -Cllvm-args=-sanitizer-coverage-trace-pc-guard"
host := `rustc -vV | sed -n 's/^host: //p'`

# Give a reader of text (text, front_matter, yaml, hook_line, …: fuzz/targets) whatever the fuzzer thinks of
fuzz TARGET SECONDS="300":
    mkdir -p fuzz/corpus/{{TARGET}} fuzz/artifacts
    cd fuzz && RUSTFLAGS="{{fuzzed}}" cargo run --release --target {{host}} --bin {{TARGET}} -- \
        -max_total_time={{SECONDS}} -timeout=10 -max_len=65536 -artifact_prefix=artifacts/{{TARGET}}- corpus/{{TARGET}} seeds/{{TARGET}}

# Count the steps that every reader of text takes for every hard text: twice the text, at most twice the steps
steps:
    cd fuzz && RUSTFLAGS="{{counted}}" cargo run --release --target {{host}} --target-dir target/steps \
        --no-default-features --features steps --bin steps

# Play the puzzle with the real Claude Code and Codex (QMS_AGENT_TOOLS: a folder for npm, outside of the repository)
agents:
    bash .ci/agents

# Write the shown output and the trace of the requirements into README and docs anew
readme:
    cargo test --test readme --test requirements -- --ignored

# Write the vectors that the sealed bytes have now, to be compared with tests/vectors by hand
vectors:
    cargo test --test vectors -- --ignored --nocapture
