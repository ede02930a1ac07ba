//! `cargo xtask data dispose`: made-up scenes of the rule packs as samples for the adapters
//! `dispose` and `highlight`, after the contracts of [`kerbside_core::dispose`] and
//! [`kerbside_core::highlight`].
//!
//! ```text
//! jsonl    the same samples as lines of JSON, answers in the pieces to tokenise
//! teacher  labels in other words, from any OpenAI-compatible endpoint
//! ```
//!
//! The samples have no picture: what a label says can be learnt from text. Whoever trains puts any
//! photo before the prompt, as the engine does, or leaves it out and says so in the adapter's
//! configuration (`kerbside.sees_photo`).

mod jsonl;
mod teacher;

use std::path::PathBuf;

use xtask::args::Args;
use xtask::failure::{Failure, Result};
use xtask::scenes::Scenes;
use xtask::scenes::dispose::DisposeScene;
use xtask::scenes::highlight::HighlightScene;
use xtask::scenes::part::Part;

use self::jsonl::JsonLines;
use self::teacher::Teacher;
use super::card::{Card, Source};
use super::parquet::SampleWriter;
use super::sample::{Sample, Split, Task};

const USAGE: &str = "\
cargo xtask data dispose --out DIR
  --samples N         to train on: 24000, a sixth of them for highlight; a tenth as many held out
  --seed N            what all randomness is drawn from: 1
  --community NAME    only this one; may be given more than once
  --jsonl FILE        write lines of JSON as well
  --teacher URL       ask an OpenAI-compatible endpoint for labels in other words
  --teacher-model ID  which of its models
The teacher's key is read from the environment variable KERBSIDE_TEACHER_KEY.";

/// One sample in so many is for `highlight`: it has far less to learn.
const HIGHLIGHT_SHARE: usize = 6;
/// One sample is held out for so many to train on.
const HELD_OUT_SHARE: usize = 10;

/// What the person asked for.
struct Wish {
    out: Option<PathBuf>,
    samples: usize,
    seed: u64,
    communities: Vec<String>,
    jsonl: Option<PathBuf>,
    teacher: Option<String>,
    model: Option<String>,
}

/// Runs the task.
///
/// # Errors
/// What is wrong with the arguments or the teacher, or with writing.
pub fn run(args: Args) -> Result<()> {
    let wish = Wish::parse(args)?;
    let mut scenes = Scenes::open(&wish.communities)?;
    let mut notes = match wish.teacher()? {
        Some(teacher) => teacher.teach(&mut scenes)?,
        None => Vec::new(),
    };
    let mut sinks = Sinks::create(&wish)?;
    for (part, count) in [(Part::Train, wish.samples), (Part::Validation, wish.held_out())] {
        let facts = count / HIGHLIGHT_SHARE;
        notes.extend(sinks.write(&scenes, part, wish.seed, count - facts, facts)?);
    }
    sinks.finish(&Card {
        command: "cargo xtask data dispose".into(),
        seed: wish.seed,
        sources: vec![Source {
            name: "rules".into(),
            licence: "the rule packs of this repository, each with its licence in pack.json".into(),
        }],
        notes,
    })
}

/// Where samples go.
struct Sinks {
    parquet: Option<SampleWriter>,
    jsonl: Option<JsonLines>,
}

impl Sinks {
    fn create(wish: &Wish) -> Result<Self> {
        let parquet = wish.out.as_deref().map(SampleWriter::create).transpose()?;
        let jsonl = wish.jsonl.as_deref().map(JsonLines::create).transpose()?;
        Ok(Self { parquet, jsonl })
    }

    /// Writes samples of a part; says how many.
    fn write(
        &mut self,
        scenes: &Scenes,
        part: Part,
        seed: u64,
        things: usize,
        facts: usize,
    ) -> Result<Option<String>> {
        let split = split(part);
        for scene in scenes.dispose(part, seed).take(things) {
            self.push(of_things(&scene, split))?;
        }
        for scene in scenes.highlight(part, seed).take(facts) {
            self.push(of_facts(&scene, split))?;
        }
        let count = things + facts;
        eprintln!("{split}: {count} samples");
        Ok(Some(format!("{split}: {things} samples for dispose, {facts} for highlight")))
    }

    fn push(&mut self, sample: Sample) -> Result<()> {
        if let Some(jsonl) = &mut self.jsonl {
            jsonl.push(&sample)?;
        }
        if let Some(parquet) = &mut self.parquet {
            parquet.push(sample)?;
        }
        Ok(())
    }

    fn finish(self, card: &Card) -> Result<()> {
        self.jsonl.map(JsonLines::finish).transpose()?;
        self.parquet.map(|parquet| parquet.finish(card)).transpose()?;
        Ok(())
    }
}

/// What is kept for measuring is never written: `cargo xtask evaluate` makes it itself.
fn split(part: Part) -> Split {
    match part {
        Part::Train => Split::Train,
        Part::Validation | Part::Test => Split::HeldOut,
    }
}

fn of_things(scene: &DisposeScene<'_>, split: Split) -> Sample {
    let question = scene.question();
    Sample {
        image: None,
        task: Task::Dispose,
        prompt: question.prompt(),
        suffix: scene.suffix(&question),
        labels: scene.things.iter().map(|thing| thing.label.clone()).collect(),
        split,
    }
}

fn of_facts(scene: &HighlightScene, split: Split) -> Sample {
    Sample {
        image: None,
        task: Task::Highlight,
        prompt: scene.question().prompt(),
        suffix: scene.suffix(),
        labels: Vec::new(),
        split,
    }
}

impl Wish {
    fn parse(mut args: Args) -> Result<Self> {
        let mut wish = Self {
            out: None,
            samples: 24_000,
            seed: 1,
            communities: Vec::new(),
            jsonl: None,
            teacher: None,
            model: None,
        };
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--out" => wish.out = Some(args.path(&arg)?),
                "--samples" => wish.samples = args.number(&arg)?,
                "--seed" => wish.seed = args.number(&arg)? as u64,
                "--community" => wish.communities.push(args.text(&arg)?),
                "--jsonl" => wish.jsonl = Some(args.path(&arg)?),
                "--teacher" => wish.teacher = Some(args.text(&arg)?),
                "--teacher-model" => wish.model = Some(args.text(&arg)?),
                _ => return Err(Failure::new(format!("unknown option {arg}; {USAGE}"))),
            }
        }
        if wish.out.is_none() && wish.jsonl.is_none() {
            return Err(Failure::new(format!("--out is missing; {USAGE}")));
        }
        Ok(wish)
    }

    fn held_out(&self) -> usize {
        self.samples / HELD_OUT_SHARE
    }

    fn teacher(&self) -> Result<Option<Teacher>> {
        let Some(url) = &self.teacher else { return Ok(None) };
        let model = self.model.as_deref();
        let model = model.ok_or_else(|| Failure::new("--teacher wants a --teacher-model"))?;
        Ok(Some(Teacher::new(url, model, std::env::var(teacher::KEY).ok())))
    }
}
