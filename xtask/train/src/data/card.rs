//! What a folder of samples says about itself: a card for people, which `datasets` reads too, and
//! the same as JSON.

use std::fmt::Write;

use serde_json::json;
use xtask::failure::Result;

use super::folder::NewFolder;
use super::parquet::features;

/// How the samples were made, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Card {
    /// The command, without paths of the machine it ran on: `cargo xtask data taco …`.
    pub command: String,
    /// What all randomness was drawn from.
    pub seed: u64,
    /// Where pictures, outlines and texts come from.
    pub sources: Vec<Source>,
    /// Lines worth knowing: how many samples of each class, what was left out and why.
    pub notes: Vec<String>,
}

/// One origin, with what its licence asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// A set's name, or the folder's.
    pub name: String,
    /// Licence and attribution, in a sentence.
    pub licence: String,
}

/// Samples per split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// To train on.
    pub train: usize,
    /// To look at only.
    pub held_out: usize,
}

impl Card {
    /// Writes `README.md` and `dataset_info.json` into a folder of samples.
    pub(super) fn write(&self, folder: &NewFolder, counts: Counts) -> Result<()> {
        folder.write("dataset_info.json", format!("{:#}\n", self.info(counts)))?;
        folder.write("README.md", self.readme(counts))
    }

    /// The YAML head lets `datasets.load_dataset(folder)` find the files; split names may not hold
    /// a hyphen there.
    fn readme(&self, counts: Counts) -> String {
        let mut text = String::from("---\nconfigs:\n- config_name: default\n  data_files:\n");
        for (split, pattern, count) in [
            ("train", "train-*.parquet", counts.train),
            ("held_out", "held-out-*.parquet", counts.held_out),
        ] {
            if count > 0 {
                let _ = writeln!(text, "  - split: {split}\n    path: {pattern}");
            }
        }
        let _ = writeln!(
            text,
            "---\n\n# Training samples\n\n{}\n\n\
             | split | samples |\n|---|---|\n| train | {} |\n| held-out | {} |",
            self.origin(),
            counts.train,
            counts.held_out
        );
        text + &self.lists()
    }

    /// The card of a folder of labelled photos.
    pub fn of_photos(&self, photos: usize) -> String {
        format!("# {photos} labelled photos\n\n{}\n{}", self.origin(), self.lists())
    }

    fn origin(&self) -> String {
        format!("Made by `{}` with seed {}.", self.command, self.seed)
    }

    fn lists(&self) -> String {
        let mut text = String::new();
        for (title, lines) in [("Sources", self.source_lines()), ("Notes", self.notes.clone())] {
            if !lines.is_empty() {
                let _ = writeln!(text, "\n## {title}\n\n- {}", lines.join("\n- "));
            }
        }
        text
    }

    fn source_lines(&self) -> Vec<String> {
        self.sources.iter().map(|s| format!("{}: {}", s.name, s.licence)).collect()
    }

    fn info(&self, counts: Counts) -> serde_json::Value {
        let source = |s: &Source| json!({"name": s.name, "licence": s.licence});
        json!({
            "command": self.command,
            "seed": self.seed,
            "sources": self.sources.iter().map(source).collect::<Vec<_>>(),
            "notes": self.notes,
            "features": features(),
            "splits": {"train": counts.train, "held-out": counts.held_out},
        })
    }
}
