//! `cargo xtask rules matrix`: the same thing in every community.

use kerbside_core::rules::{Context, Fact, Instruction, Perceived, RulePack, State, Verdict};

/// A thing that communities treat differently.
pub struct Thing {
    /// What it is called in the table.
    pub name: &'static str,
    /// Ids that packs give it, the most exact first.
    ids: &'static [&'static str],
    state: State,
    deposit_mark: Option<bool>,
}

const fn thing(name: &'static str, ids: &'static [&'static str]) -> Thing {
    Thing { name, ids, state: State::Unsure, deposit_mark: None }
}

/// Things whose answer differs most from one community to the next.
pub const THINGS: [Thing; 9] = [
    thing("Drink carton", &["drink-carton"]),
    thing("Frying pan", &["frying-pan", "pan"]),
    thing("Hanger with metal hook", &["hanger-metal-hook", "hanger", "wire-hanger"]),
    thing("Eggshell", &["eggshell"]),
    Thing { state: State::Dirty, ..thing("Pizza box, greasy", &["pizza-box"]) },
    Thing { state: State::Clean, ..thing("Pizza box, clean", &["pizza-box"]) },
    thing("Battery", &["battery"]),
    Thing { state: State::Clean, ..thing("Spray can, empty", &["spray-can", "empty-spray-can"]) },
    Thing { deposit_mark: Some(true), ..thing("Bottle with deposit", &BOTTLES) },
];

const BOTTLES: [&str; 5] =
    ["deposit-bottle", "drink-bottle", "returnable-bottle", "pet-bottle", "plastic-bottle"];

/// What a community does with a thing, in a few words: the verdict and the stream.
pub fn answer(pack: &RulePack, thing: &Thing, context: &Context) -> String {
    let known = thing.ids.iter().find(|id| pack.items().iter().any(|item| item.id == **id));
    let Some(id) = known else {
        return "not listed".to_owned();
    };
    let seen = Perceived {
        item: Some((*id).to_owned()),
        confirmed: true,
        state: thing.state,
        deposit_mark: thing.deposit_mark,
        ..Perceived::default()
    };
    let told = pack.resolve(&seen, context).swap_remove(0);
    if let Some(zone) = asked_zone(&told) {
        let there = Context { zones: vec![zone.to_owned()], ..context.clone() };
        return format!("{} [{zone}]", answer(pack, thing, &there));
    }
    let question = told.question.map(|question| question.text);
    match (told.verdict, told.stream) {
        (Verdict::Ask, _) => format!("asks: {}", question.unwrap_or_default()),
        (Verdict::Unknown, _) => "not known".to_owned(),
        (Verdict::NotAccepted, _) => "not accepted".to_owned(),
        (verdict, stream) => {
            format!("{}: {}", word(verdict), stream.map(|stream| stream.name).unwrap_or_default())
        }
    }
}

/// Where the answer depends on the district: the last one, which packs name "elsewhere".
fn asked_zone(told: &Instruction) -> Option<&str> {
    match &told.question.as_ref()?.answers.last()?.fact {
        Fact::Zone(zone) => Some(zone),
        _ => None,
    }
}

/// Prints a table for each thing, one row a community.
pub fn print(packs: &[RulePack], context: &Context) {
    let widest = packs.iter().map(|pack| pack.info().id.len()).max().unwrap_or_default();
    for thing in &THINGS {
        println!("{}", thing.name);
        for pack in packs {
            println!("  {:widest$}  {}", pack.info().id, answer(pack, thing, context));
        }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kerb => "kerb",
        Verdict::HandOver => "truck",
        Verdict::DropOff => "drop-off",
        Verdict::TakeBack => "shop",
        Verdict::Deposit => "deposit",
        Verdict::Appointment => "appointment",
        Verdict::Hazardous => "hazardous",
        Verdict::NotAccepted | Verdict::Ask | Verdict::Unknown => "",
    }
}
