//! Everything a pack must satisfy before it may be opened.
//!
//! ```text
//! rows        ids, dates, amounts, texts in every language
//! references  every id that is mentioned exists, and every row is used
//! coverage    on every day, in every zone, every class and item is decided, and only once
//! ```

mod coverage;
mod references;
mod rows;

use super::error::Finding;
use super::pack::RulePack;

/// Collects findings about one pack.
struct Report<'a> {
    pack: &'a RulePack,
    findings: Vec<Finding>,
}

impl RulePack {
    /// Everything that is wrong with the pack; empty if it may be used.
    pub fn validate(&self) -> Vec<Finding> {
        let mut report = Report {
            pack: self,
            findings: Vec::new(),
        };
        rows::check(&mut report);
        references::check(&mut report);
        // Gaps and contradictions can only be judged once ids and dates mean something.
        if report.findings.is_empty() {
            coverage::check(&mut report);
        }
        report.findings
    }
}

impl Report<'_> {
    fn add(&mut self, at: At<'_>, message: impl Into<String>) {
        self.findings.push(Finding {
            file: at.file,
            row: at.row.to_owned(),
            field: at.field,
            message: message.into(),
        });
    }

    fn require(&mut self, holds: bool, at: At<'_>, message: impl FnOnce() -> String) {
        if !holds {
            self.add(at, message());
        }
    }
}

/// A place in a pack.
#[derive(Clone, Copy)]
struct At<'a> {
    file: &'static str,
    row: &'a str,
    field: &'static str,
}

fn at<'a>(file: &'static str, row: &'a str, field: &'static str) -> At<'a> {
    At { file, row, field }
}
