//! Another program that measures itself when told to: it reads a line from its standard input,
//! does what it says, and prints the seconds it took.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::failure::{Failure, Result};

/// A running peer. It ends with this value.
pub struct Peer {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a program and waits until it says `ready`.
    ///
    /// # Errors
    /// If it does not start, or ends before.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take().expect("asked for a pipe");
        let output = BufReader::new(process.stdout.take().expect("asked for a pipe"));
        let mut this = Self { process, input, output };
        while this.line()? != "ready" {}
        Ok(this)
    }

    /// Seconds, or bytes, that the peer answers to `question`.
    ///
    /// # Errors
    /// If it answers something else, or nothing.
    pub fn ask(&mut self, question: &str) -> Result<f64> {
        writeln!(self.input, "{question}")?;
        self.input.flush()?;
        let line = self.line()?;
        line.parse().map_err(|_| Failure::new(format!("{question}: the peer answered {line:?}")))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(Failure::new("the peer ended; what it printed says why"));
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A Python of its own in `target/bench/NAME` that has `packages`, made when first asked for.
///
/// # Errors
/// If it cannot be made.
pub fn python(name: &str, packages: &[&str], settings: &[(&str, &str)]) -> Result<PathBuf> {
    let folder = checks::places::target().join("bench").join(name);
    let python = folder.join("bin/python");
    // Written last: a venv that was given up half-way is made anew.
    let done = folder.join("complete");
    if !done.is_file() {
        eprintln!("fetching and building {} (once; it takes minutes)", packages.join(", "));
        let run = |program: &std::path::Path, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).envs(settings.iter().copied()).stdout(Stdio::null());
            match command.status()? {
                status if status.success() => Ok(()),
                status => Err(Failure::new(format!("{} ({status})", arguments.join(" ")))),
            }
        };
        let to = folder.to_str().ok_or_else(|| Failure::new("target/ has no UTF-8 path"))?;
        run("python3".as_ref(), &["-m", "venv", "--clear", to])?;
        let install = ["-m", "pip", "install", "--quiet"];
        run(&python, &[&install[..], packages].concat())?;
        std::fs::write(&done, "").map_err(|e| Failure::io(&done, &e))?;
    }
    Ok(python)
}
