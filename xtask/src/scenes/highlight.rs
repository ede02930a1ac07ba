//! The facts of a photo in any order, and the one to lead with.

use kerbside_core::highlight::{FACTS, Highlight, Question, facts};
use kerbside_core::rules::{Context, Perceived, RulePack, State};
use kerbside_core::structured;
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::part::Part;
use super::{Scenes, rng};

/// Facts, and which is the most urgent.
#[derive(Debug, Clone, PartialEq)]
pub struct HighlightScene {
    /// Where and when.
    pub context: Context,
    /// The facts, shuffled.
    pub facts: Vec<Highlight>,
    /// Id of the one to lead with.
    pub lead: String,
}

/// Most things on a photo.
const THINGS: usize = 5;

impl Scenes {
    /// Scenes of a part without end, the same for the same seed; each has something to choose
    /// among.
    pub fn highlight(&self, part: Part, seed: u64) -> impl Iterator<Item = HighlightScene> {
        let scenes =
            (0..).filter_map(move |number| self.highlight_scene(&mut rng(seed, part, number)));
        // What is offered, in whatever order, belongs to one part.
        scenes.filter(move |scene| Part::of(&scene.key()) == part)
    }

    fn highlight_scene(&self, rng: &mut ChaCha8Rng) -> Option<HighlightScene> {
        let (rules, context) = self.place(rng);
        let now = context.date.at(rng.random_range(6..23), 0, 0, 0);
        let count = rng.random_range(1..=THINGS);
        let things = (0..count).filter_map(|_| thing(rules, rng));
        let resolved: Vec<_> = things.map(|thing| rules.resolve(&thing, &context)).collect();
        let instructions: Vec<_> = resolved.iter().map(Vec::as_slice).collect();
        HighlightScene::of(facts(&instructions, rules, &context, now), context, rng)
    }
}

impl HighlightScene {
    fn of(mut facts: Vec<Highlight>, context: Context, rng: &mut ChaCha8Rng) -> Option<Self> {
        facts.truncate(FACTS);
        let lead = facts.first().filter(|_| facts.len() > 1)?.id.clone();
        facts.shuffle(rng);
        Some(Self { context, facts, lead })
    }

    /// What the model is asked.
    pub fn question(&self) -> Question<'_> {
        Question::new(&self.facts, &self.context)
    }

    /// What it should answer.
    pub fn suffix(&self) -> String {
        structured::write(&self.question().write(&self.lead)).expect("an answer is not deep")
    }

    fn key(&self) -> String {
        let prompt = self.question().prompt();
        let mut lines: Vec<&str> = prompt.split([' ', ';']).collect();
        lines.sort_unstable();
        lines.join(" ")
    }
}

/// A thing about which everything is known, so that the rules decide.
fn thing(rules: &RulePack, rng: &mut ChaCha8Rng) -> Option<Perceived> {
    let item = rules.items().choose(rng)?;
    Some(Perceived {
        class: item.classes.first()?.label().to_owned(),
        item: Some(item.id.clone()),
        state: if rng.random_bool(0.7) { State::Clean } else { State::Dirty },
        deposit_mark: Some(rng.random_bool(0.5)),
        size_cm: Some(rng.random_range(5..80)),
        confirmed: true,
        ..Perceived::default()
    })
}
