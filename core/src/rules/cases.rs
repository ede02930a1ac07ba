//! Worked examples a pack carries along: what was seen, and what must come out.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::instruction::{Instruction, Verdict};
use super::pack::RulePack;
use super::perceived::{Context, Cue, Perceived, State};

/// One worked example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Label of the detector.
    pub class: String,
    /// Finer guess of the model.
    #[serde(default)]
    pub item: Option<String>,
    /// Whether it is soiled.
    #[serde(default)]
    pub state: State,
    /// Longest side in centimetres.
    #[serde(default)]
    pub size_cm: Option<u32>,
    /// Whether it carries a deposit mark.
    #[serde(default)]
    pub deposit_mark: Option<bool>,
    /// Signs of danger.
    #[serde(default)]
    pub hazards: Vec<Cue>,
    /// Zones of the household.
    #[serde(default)]
    pub zones: Vec<String>,
    /// Day of the question.
    pub date: Date,
    /// What must come out for the thing as a whole.
    pub expect: Expected,
    /// What must come out for its parts, in order.
    #[serde(default)]
    pub parts: Vec<Expected>,
}

/// What must come out; a field left out is not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The verdict.
    pub verdict: Verdict,
    /// Id of the stream.
    #[serde(default)]
    pub stream: Option<String>,
    /// Id of the rule or hazard that decided.
    #[serde(default)]
    pub rule: Option<String>,
    /// Id of the recommended place.
    #[serde(default)]
    pub place: Option<String>,
    /// First day on which the answer may be another one.
    #[serde(default)]
    pub changes_on: Option<Date>,
}

/// A case that did not come out as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// Position in the file, from 0.
    pub index: usize,
    /// The case.
    pub case: Case,
    /// What came out instead.
    pub got: Vec<Instruction>,
}

impl RulePack {
    /// Runs the pack's worked examples and returns those that fail.
    pub fn run_cases(&self) -> Vec<Mismatch> {
        let run = |(index, case): (usize, &Case)| {
            let got = self.resolve(&case.perceived(), &case.context(""));
            (!case.holds(&got)).then(|| Mismatch { index, case: case.clone(), got })
        };
        self.cases.iter().enumerate().filter_map(run).collect()
    }
}

impl Case {
    /// The thing as the model would report it.
    pub fn perceived(&self) -> Perceived {
        Perceived {
            class: self.class.clone(),
            item: self.item.clone(),
            state: self.state,
            size_cm: self.size_cm,
            deposit_mark: self.deposit_mark,
            hazards: self.hazards.clone(),
            ..Perceived::default()
        }
    }

    /// Where and when it is asked, in a language (`""` for the community's own).
    pub fn context(&self, language: &str) -> Context {
        Context { zones: self.zones.clone(), date: self.date, language: language.to_owned() }
    }

    fn holds(&self, got: &[Instruction]) -> bool {
        let expected: Vec<_> = std::iter::once(&self.expect).chain(&self.parts).collect();
        expected.len() == got.len()
            && expected.iter().zip(got).all(|(expected, got)| expected.allows(got))
    }
}

impl Expected {
    fn allows(&self, got: &Instruction) -> bool {
        let stream = got.stream.as_ref().map(|stream| &stream.id);
        let place = got.ways.first().and_then(|way| way.place.as_ref()).map(|place| &place.id);
        self.verdict == got.verdict
            && same(self.stream.as_ref(), stream)
            && same(self.rule.as_ref(), got.rule.as_ref())
            && same(self.place.as_ref(), place)
            && same(self.changes_on.as_ref(), got.changes_on.as_ref())
    }
}

fn same<T: PartialEq>(expected: Option<&T>, got: Option<&T>) -> bool {
    expected.is_none() || expected == got
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::fixtures::{bundled, communities, zurich};

    #[test]
    fn the_worked_examples_of_every_bundled_pack_come_out_as_written() {
        let communities = communities();
        assert!(communities.len() >= 4, "{communities:?}");
        for community in communities {
            let pack = RulePack::from_files(bundled(&community)).unwrap();
            assert!(pack.cases().len() >= 40, "{community} has too few examples");
            let failed = pack.run_cases();
            let got: Vec<_> = failed.iter().map(|failed| (failed.index, &failed.got)).collect();
            assert!(failed.is_empty(), "{community}: {got:#?}");
        }
    }

    #[test]
    fn a_wrong_expectation_is_noticed() {
        let mut pack = zurich();
        pack.cases.truncate(1);
        assert_eq!(pack.run_cases(), []);
        let expect = pack.cases[0].expect.clone();
        pack.cases[0].expect = Expected { stream: Some("paper".into()), ..expect.clone() };
        assert_eq!(pack.run_cases().len(), 1, "the stream is compared");
        pack.cases[0].expect = expect.clone();
        pack.cases[0].parts.push(expect);
        assert_eq!(pack.run_cases().len(), 1, "parts are counted");
    }
}
