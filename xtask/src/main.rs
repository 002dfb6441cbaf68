//! Developer tasks: `cargo xtask`.
mod schema;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("schema") => schema::run(&args[1..]),
        _ => anyhow::bail!("usage: cargo xtask schema --swagger 1.36=PATH …"),
    }
}
