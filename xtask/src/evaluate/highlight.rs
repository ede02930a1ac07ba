//! `cargo xtask evaluate highlight`: whether an adapter leads with the most urgent fact, on made-up
//! scenes that nothing was trained on.

use kerbside_core::cancel::CancelToken;
use kerbside_core::dispose::SURE;
use kerbside_core::engine::{Engine, HIGHLIGHT};
use serde::Serialize;

use super::made_up::MadeUp;
use crate::args::Args;
use crate::failure::Result;
use crate::measure::{print, show_progress};
use crate::scenes::Scenes;
use crate::scenes::highlight::HighlightScene;
use crate::scenes::part::Part;
use crate::sort::read_photo;

/// What is reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Scenes measured.
    pub cases: usize,
    /// Facts to choose among, on average.
    pub facts: f64,
    /// Share in which the adapter leads with the most urgent fact, however sure it is.
    pub right: Option<f64>,
    /// Share in which it is sure.
    pub sure: Option<f64>,
    /// Share in which the app leads with the most urgent fact: where the adapter is not sure, the
    /// order of urgency stands.
    pub right_shown: Option<f64>,
    /// Share that a blind guess gets right.
    pub guess: f64,
}

/// Runs the task.
///
/// # Errors
/// What is wrong with the arguments, the pack or the adapter.
pub fn run(args: Args) -> Result<()> {
    let wish = MadeUp::parse(args, HIGHLIGHT)?;
    let made = Scenes::open(&wish.communities)?;
    let scenes: Vec<_> = made.highlight(Part::Test, wish.seed).take(wish.cases).collect();
    let engine = wish.engine()?;
    let mean = |of: &dyn Fn(&HighlightScene) -> f64| {
        scenes.iter().map(of).sum::<f64>() / scenes.len().max(1) as f64
    };
    let picks = picks(&engine, &scenes, &wish)?;
    let share = |is: &dyn Fn(&Picked) -> bool| {
        let picks = picks.as_ref()?;
        let count = picks.iter().filter(|pick| is(pick)).count();
        Some(count as f64 / picks.len().max(1) as f64)
    };
    let report = Report {
        cases: scenes.len(),
        facts: mean(&|scene| scene.facts.len() as f64),
        right: share(&|pick| pick.right),
        sure: share(&|pick| pick.sure),
        right_shown: share(&|pick| pick.right || !pick.sure),
        guess: mean(&|scene| 1.0 / scene.facts.len() as f64),
    };
    print(&report, wish.json)
}

/// What the model picked in one scene.
struct Picked {
    right: bool,
    sure: bool,
}

/// `None` without an adapter.
fn picks(engine: &Engine, scenes: &[HighlightScene], wish: &MadeUp) -> Result<Option<Vec<Picked>>> {
    let Some(adapter) = engine.adapter_of(HIGHLIGHT)? else { return Ok(None) };
    let threshold = wish.threshold.or(adapter.sure()).unwrap_or(SURE);
    let (mut session, cancel) = (engine.session(), CancelToken::new());
    session.set_photo(&read_photo(&wish.photo)?, &cancel)?;
    let mut picks = Vec::with_capacity(scenes.len());
    for scene in scenes {
        let question = scene.question();
        let said = session.pick(&question, &cancel)?;
        let right = question.read(&said.value) == Some(scene.lead.as_str());
        picks.push(Picked { right, sure: said.chances.of("/lead") >= threshold });
        show_progress(picks.len(), scenes.len(), "scenes");
    }
    Ok(Some(picks))
}
