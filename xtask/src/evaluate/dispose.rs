//! `cargo xtask evaluate dispose`: how well an adapter tells items of the rule packs and their
//! state, and what the rules make of it, on made-up scenes that nothing was trained on.

use std::fmt::Write;

use kerbside_core::cancel::CancelToken;
use kerbside_core::dispose::{Pick, Question, Reading, SURE};
use kerbside_core::engine::{Answer, DISPOSE, Engine};
use kerbside_core::rules::{Class, Instruction, Perceived, RulePack, Verdict};
use serde::Serialize;

use super::made_up::MadeUp;
use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::measure::show_progress;
use crate::scenes::Scenes;
use crate::scenes::dispose::DisposeScene;
use crate::scenes::wording::Kind;
use crate::sort::read_photo;

/// The thresholds that are tried when one is to be chosen.
const THRESHOLDS: [f32; 11] = [0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99, 0.995];

/// How many of the outcomes were what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Score {
    /// Things asked about.
    pub things: usize,
    /// Share whose item is exactly the true one, or "none" or "unsure" where that is true; however
    /// sure the model is.
    pub exact_item: f64,
    /// Share whose state is exactly the true one, however sure the model is.
    pub exact_state: f64,
    /// Share that gets the instructions the truth would get.
    pub right: f64,
    /// Share that gets instructions for something else.
    pub wrong_shown: f64,
    /// Share that gets a question, or "not known here", where the truth would get another answer.
    pub asked: f64,
}

/// Scores under a name: a kind of label, or a threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// How it went.
    #[serde(flatten)]
    pub score: Score,
}

/// What is reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Scenes measured.
    pub cases: usize,
    /// The probability from which on a value counted as known.
    pub threshold: f32,
    /// The adapter, if there is one.
    pub model: Option<Score>,
    /// Looking the label up, without a model.
    pub lookup: Score,
    /// The adapter by kind of label, or where there is none, looking up.
    pub kinds: Vec<Row>,
}

/// Runs the task.
///
/// # Errors
/// What is wrong with the arguments, the pack or the adapter.
pub fn run(args: Args) -> Result<()> {
    let wish = MadeUp::parse(args, DISPOSE)?;
    let scenes = Scenes::open(&wish.communities)?;
    let engine = wish.engine()?;
    let scenes: Vec<_> = scenes.dispose(wish.part(), wish.seed).take(wish.cases).collect();
    let adapter = engine.adapter_of(DISPOSE)?;
    let own = adapter.as_ref().and_then(|adapter| adapter.sure());
    let threshold = wish.threshold.or(own).unwrap_or(SURE);
    let cases = match adapter {
        Some(_) => Some(ask(&engine, &scenes, &wish)?),
        None => None,
    };
    if wish.choose || wish.misses {
        let cases = cases
            .ok_or_else(|| Failure::new("this pack has no adapter for dispose; see --adapter"))?;
        if wish.choose {
            return print_thresholds(&cases, wish.json);
        }
        print!("{}", misses(&cases, threshold));
        return Ok(());
    }
    let lookup: Vec<Judged> = scenes.iter().flat_map(looked_up).collect();
    let judged = cases.as_ref().map(|cases| judge(cases, threshold));
    let shown = judged.as_ref().unwrap_or(&lookup);
    let report = Report {
        cases: scenes.len(),
        threshold,
        model: judged.as_deref().map(score),
        lookup: score(&lookup),
        kinds: by_kind(shown),
    };
    match wish.json {
        true => println!("{}", serde_json::to_string(&report)?),
        false => print!("{}", table(&report)),
    }
    Ok(())
}

/// A scene and what the model said about it.
struct Case<'a> {
    scene: &'a DisposeScene<'a>,
    question: Question<'a>,
    said: Answer,
}

fn ask<'a>(
    engine: &Engine,
    scenes: &'a [DisposeScene<'a>],
    wish: &MadeUp,
) -> Result<Vec<Case<'a>>> {
    let (mut session, cancel) = (engine.session(), CancelToken::new());
    session.set_photo(&read_photo(&wish.photo)?, &cancel)?;
    let mut cases = Vec::with_capacity(scenes.len());
    for scene in scenes {
        let question = scene.question();
        let said = session.perceive(&question, &cancel)?;
        cases.push(Case { scene, question, said });
        show_progress(cases.len(), scenes.len(), "scenes");
    }
    Ok(cases)
}

/// What became of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Judged {
    kind: Kind,
    exact_item: bool,
    exact_state: bool,
    outcome: Outcome,
}

/// Instructions compared with those that the truth would get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The same.
    Right,
    /// Others, which the person would follow.
    WrongShown,
    /// A question or "not known here": the person is not misled.
    Asked,
}

impl Outcome {
    /// Of instructions for a thing and its parts.
    pub fn of(expected: &[Instruction], got: &[Instruction]) -> Self {
        let same = expected.len() == got.len()
            && expected.iter().zip(got).all(|(one, other)| is_same(one, other));
        match got.first().map(|instruction| instruction.verdict) {
            _ if same => Self::Right,
            Some(Verdict::Ask | Verdict::Unknown) => Self::Asked,
            _ => Self::WrongShown,
        }
    }
}

/// Whether two instructions tell a person to do the same, or ask the same.
fn is_same(one: &Instruction, other: &Instruction) -> bool {
    let stream = |i: &Instruction| i.stream.as_ref().map(|stream| stream.id.clone());
    (one.verdict, stream(one), &one.part_of, &one.question)
        == (other.verdict, stream(other), &other.part_of, &other.question)
}

fn judge(cases: &[Case<'_>], threshold: f32) -> Vec<Judged> {
    let mut judged = Vec::new();
    for Case { scene, question, said } in cases {
        let known = question.read(&said.value, &said.chances, Some(threshold));
        let all = question.read(&said.value, &said.chances, Some(0.0));
        let targets = scene.targets(question);
        for (index, thing) in question.things().iter().enumerate() {
            let seen = known[index].perceived(&thing.label, &thing.candidates);
            judged.push(judged_as(scene, index, &all[index], &targets[index], &seen));
        }
    }
    judged
}

fn judged_as(
    scene: &DisposeScene<'_>,
    index: usize,
    said: &Reading,
    target: &Reading,
    seen: &Perceived,
) -> Judged {
    Judged {
        kind: scene.things[index].kind,
        exact_item: said.item == target.item,
        exact_state: said.state == target.state,
        outcome: Outcome::of(&scene.expected(index), &scene.rules.resolve(seen, &scene.context)),
    }
}

/// The same without a model: the label is a class, or the name of an item, or unknown.
fn looked_up(scene: &DisposeScene<'_>) -> Vec<Judged> {
    let targets = scene.targets(&scene.question());
    let things = scene.things.iter().zip(&targets).enumerate();
    things
        .map(|(index, (thing, target))| {
            let seen = lookup(&thing.label, scene.rules);
            let item = seen.item.clone().map_or(Pick::Unsure, Pick::Item);
            let said = Reading { item, ..Reading::UNSURE };
            judged_as(scene, index, &said, target, &seen)
        })
        .collect()
}

fn lookup(label: &str, rules: &RulePack) -> Perceived {
    let named = rules.lookup(label).filter(|_| Class::from_label(label).is_none());
    match named {
        Some(item) => Perceived {
            item: Some(item.id.clone()),
            ..Perceived::of_class(item.classes.first().map_or(label, |class| class.label()))
        },
        None => Perceived::of_class(label),
    }
}

fn score(judged: &[Judged]) -> Score {
    let share = |is: &dyn Fn(&Judged) -> bool| {
        judged.iter().filter(|one| is(one)).count() as f64 / judged.len().max(1) as f64
    };
    Score {
        things: judged.len(),
        exact_item: share(&|one| one.exact_item),
        exact_state: share(&|one| one.exact_state),
        right: share(&|one| one.outcome == Outcome::Right),
        wrong_shown: share(&|one| one.outcome == Outcome::WrongShown),
        asked: share(&|one| one.outcome == Outcome::Asked),
    }
}

fn by_kind(judged: &[Judged]) -> Vec<Row> {
    let of = |kind: Kind| -> Vec<Judged> {
        judged.iter().filter(|one| one.kind == kind).copied().collect()
    };
    Kind::ALL.map(|kind| Row { name: kind.as_str().to_owned(), score: score(&of(kind)) }).into()
}

fn print_thresholds(cases: &[Case<'_>], as_json: bool) -> Result<()> {
    let row = |threshold: f32| Row {
        name: threshold.to_string(),
        score: score(&judge(cases, threshold)),
    };
    let rows = THRESHOLDS.map(row);
    if as_json {
        println!("{}", serde_json::to_string(&rows)?);
        return Ok(());
    }
    let mut text = head("threshold");
    rows.iter().for_each(|row| line(&mut text, &row.name, &row.score));
    print!("{text}");
    Ok(())
}

/// A line for each thing that did not come out right: what the model was asked of it, what it said
/// and how sure it was, and what is true.
fn misses(cases: &[Case<'_>], threshold: f32) -> String {
    let mut text = String::new();
    for case in cases {
        let judged = judge(std::slice::from_ref(case), threshold);
        let all = case.question.read(&case.said.value, &case.said.chances, Some(0.0));
        let prompt = case.question.prompt();
        let asked = prompt.trim_start_matches("dispose ").split(';');
        let targets = case.scene.targets(&case.question);
        for (index, (one, asked)) in judged.iter().zip(asked).enumerate() {
            if one.outcome == Outcome::Right {
                continue;
            }
            let asked = asked.rsplit_once('>').map_or(asked, |(_, asked)| asked);
            let (said, target) = (&all[index], &targets[index]);
            let chance = case.said.chances.of(&format!("/{}/item", index + 1));
            let _ = writeln!(
                text,
                "{:10} {:?}: {asked}\n    said {:?} ({chance:.2}) {:?} {:?}, true {:?} {:?} {:?}",
                one.kind.as_str(),
                one.outcome,
                said.item,
                said.state,
                said.battery,
                target.item,
                target.state,
                target.battery,
            );
        }
    }
    text
}

fn table(report: &Report) -> String {
    let mut text = head("");
    if let Some(model) = &report.model {
        line(&mut text, "adapter", model);
    }
    line(&mut text, "lookup", &report.lookup);
    let of = if report.model.is_some() { "adapter" } else { "lookup" };
    let _ = writeln!(text, "\n{of} by kind of label");
    report.kinds.iter().for_each(|row| line(&mut text, &row.name, &row.score));
    let _ = writeln!(text, "\n{} scenes, known from {} on", report.cases, report.threshold);
    text
}

fn head(first: &str) -> String {
    format!(
        "{first:>12} {:>7} {:>8} {:>8} {:>8} {:>8} {:>8}\n",
        "things", "item", "state", "right", "wrong", "asked"
    )
}

fn line(text: &mut String, name: &str, score: &Score) {
    let Score { things, exact_item, exact_state, right, wrong_shown, asked } = score;
    let _ = writeln!(
        text,
        "{name:>12} {things:7} {exact_item:8.3} {exact_state:8.3} {right:8.3} {wrong_shown:8.3} {asked:8.3}"
    );
}
