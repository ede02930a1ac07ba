//! Samples as lines of JSON, for trainers that read no Parquet.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use kerbside_core::structured;
use serde_json::json;
use xtask::failure::{Failure, Result};

use crate::data::sample::Sample;

/// A file that grows line by line:
///
/// ```text
/// {"task": …, "prompt": …, "suffix": …, "pieces": […], "split": …}
/// ```
///
/// `pieces` is the suffix in the pieces that must be tokenised one by one.
pub struct JsonLines {
    path: PathBuf,
    out: BufWriter<File>,
}

impl JsonLines {
    /// Begins a file.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|e| Failure::io(path, &e))?;
        Ok(Self { path: path.to_owned(), out: BufWriter::new(file) })
    }

    /// Adds a line.
    pub fn push(&mut self, sample: &Sample) -> Result<()> {
        let line = json!({
            "task": sample.task.as_str(),
            "prompt": sample.prompt,
            "suffix": sample.suffix,
            "pieces": structured::pieces(&sample.suffix),
            "split": sample.split.as_str(),
        });
        writeln!(self.out, "{line}").map_err(|e| Failure::io(&self.path, &e))
    }

    /// Ends the file.
    pub fn finish(mut self) -> Result<()> {
        self.out.flush().map_err(|e| Failure::io(&self.path, &e))
    }
}
