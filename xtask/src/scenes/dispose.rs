//! A few labelled things in a zone on a day, and what is true of each.

use kerbside_core::detection::BBox;
use kerbside_core::dispose::{Candidate, ITEMS, Pick, Question, Reading, Thing};
use kerbside_core::rules::{Class, Context, Instruction, Perceived, RulePack};
use kerbside_core::structured;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::part::Part;
use super::wording::{Kind, Wording};
use super::{Scenes, rng};

/// What the detector reported, and the truth.
#[derive(Debug, Clone)]
pub struct DisposeScene<'a> {
    /// The community.
    pub rules: &'a RulePack,
    /// Where and when.
    pub context: Context,
    /// The things, in the detector's order.
    pub things: Vec<SceneThing>,
}

/// One reported thing.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneThing {
    /// The detector's label.
    pub label: String,
    /// Where it is.
    pub bbox: BBox,
    /// How the label was made.
    pub kind: Kind,
    /// What is true of the thing, as far as the label tells.
    pub truth: Reading,
}

/// How often a scene has one, two, three, four things.
const COUNTS: [u32; ITEMS] = [35, 30, 20, 15];
/// How often the detector reports a thing twice.
const DOUBLED: f64 = 0.12;
/// How often it reports the class of a thing only.
const ONLY_CLASS: f64 = 0.4;

impl Scenes {
    /// Scenes of a part without end, the same for the same seed.
    pub fn dispose(&self, part: Part, seed: u64) -> impl Iterator<Item = DisposeScene<'_>> {
        let scenes =
            (0..).map(move |number| self.dispose_scene(part, &mut rng(seed, part, number)));
        // Class words belong to all parts: of scenes with nothing else the words together decide.
        scenes.filter(move |scene| scene.has_own_words() || Part::of(&scene.key()) == part)
    }

    fn dispose_scene(&self, part: Part, rng: &mut ChaCha8Rng) -> DisposeScene<'_> {
        let (rules, context) = self.place(rng);
        let counts: Vec<usize> = (1..=ITEMS).collect();
        let count =
            *counts.choose_weighted(rng, |count| COUNTS[count - 1]).expect("shares above 0");
        let mut things: Vec<SceneThing> = Vec::new();
        while things.len() < count {
            let doubled = things.last().filter(|_| rng.random_bool(DOUBLED)).cloned();
            things.push(match doubled {
                Some(thing) => again(&thing, rules, rng),
                None => {
                    let Wording { label, says, kind } = self.wording(rules, part, rng);
                    SceneThing { label, bbox: somewhere(rng), kind, truth: says }
                }
            });
        }
        DisposeScene { rules, context, things }
    }
}

impl<'a> DisposeScene<'a> {
    /// What the model is asked.
    pub fn question(&self) -> Question<'a> {
        let ask = |thing: &SceneThing| Thing::new(&thing.label, thing.bbox, self.rules);
        Question::new(self.things.iter().map(ask).collect())
    }

    /// What it should answer to `question`: the truth, except that an item which is not among the
    /// candidates is "none" of them.
    pub fn targets(&self, question: &Question<'_>) -> Vec<Reading> {
        let things = self.things.iter().zip(question.things());
        things
            .map(|(thing, asked)| {
                let is_offered = asked.candidates.iter().any(|row| is(&thing.truth, row));
                let is_item = matches!(thing.truth.item, Pick::Item(_));
                let none = || Reading { item: Pick::None, ..thing.truth.clone() };
                if is_item && !is_offered { none() } else { thing.truth.clone() }
            })
            .collect()
    }

    /// The answer as training must show it.
    pub fn suffix(&self, question: &Question<'_>) -> String {
        let answer = question.write(&self.targets(question));
        structured::write(&answer).expect("an answer is not deep")
    }

    /// What the rules make of the truth about one thing.
    pub fn expected(&self, thing: usize) -> Vec<Instruction> {
        self.rules.resolve(&self.perceived(thing), &self.context)
    }

    fn perceived(&self, thing: usize) -> Perceived {
        let thing = &self.things[thing];
        let mut rows = Thing::new(&thing.label, thing.bbox, self.rules).candidates;
        let item = match &thing.truth.item {
            Pick::Item(id) => self.rules.lookup(id),
            _ => None,
        };
        rows.extend(item.map(|item| Candidate { item, word: None, said: None }));
        thing.truth.perceived(&thing.label, &rows)
    }

    fn has_own_words(&self) -> bool {
        self.things.iter().any(|thing| thing.kind != Kind::Class)
    }

    fn key(&self) -> String {
        let labels: Vec<&str> = self.things.iter().map(|thing| thing.label.as_str()).collect();
        format!("{}: {}", self.rules.info().id, labels.join("; "))
    }
}

fn is(truth: &Reading, row: &Candidate<'_>) -> bool {
    truth.item == Pick::Item(row.item.id.clone())
}

/// The same thing reported a second time, a little off, under the same label or its class.
fn again(thing: &SceneThing, rules: &RulePack, rng: &mut ChaCha8Rng) -> SceneThing {
    let bins = thing.bbox.to_bins().map(|bin| {
        (i32::from(bin) + rng.random_range(-15..=15)).clamp(0, i32::from(BBox::LAST_BIN)) as u16
    });
    let bbox = BBox::from_bins(bins).unwrap_or(thing.bbox);
    let class: Option<Class> = match &thing.truth.item {
        Pick::Item(id) => rules.lookup(id).and_then(|item| item.classes.choose(rng).copied()),
        _ => None,
    };
    match class.filter(|_| rng.random_bool(ONLY_CLASS)) {
        Some(class) => SceneThing {
            label: class.label().to_owned(),
            bbox,
            kind: Kind::Class,
            truth: Reading { battery: kerbside_core::rules::Seen::No, ..Reading::UNSURE },
        },
        None => SceneThing { bbox, ..thing.clone() },
    }
}

fn somewhere(rng: &mut ChaCha8Rng) -> BBox {
    let mut side = || {
        let length = rng.random_range(60..=600u16);
        let start = rng.random_range(0..=BBox::LAST_BIN - length);
        (start, start + length)
    };
    let ((y1, y2), (x1, x2)) = (side(), side());
    BBox::from_bins([y1, x1, y2, x2]).expect("its sides are longer than nothing")
}
