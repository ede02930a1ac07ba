//! Which of a photo's objects are things to be sorted: caps, lids and pop tabs belong to the bottle,
//! cup or can that they sit on, and what was outlined twice counts once.

use xtask::dataset::Object;

use super::outline::{area, extent, gap};

/// What TACO labels as an object of its own even where it sits on another.
const PARTS: [&str; 5] =
    ["Plastic bottle cap", "Metal bottle cap", "Plastic lid", "Metal lid", "Pop tab"];

/// What has caps, lids or pop tabs.
const WHOLES: [&str; 18] = [
    "Aerosol",
    "Clear plastic bottle",
    "Disposable food container",
    "Disposable plastic cup",
    "Drink can",
    "Drink carton",
    "Foam cup",
    "Foam food container",
    "Food Can",
    "Glass bottle",
    "Glass jar",
    "Other plastic bottle",
    "Other plastic container",
    "Other plastic cup",
    "Paper cup",
    "Spread tub",
    "Squeezable tube",
    "Tupperware",
];

/// A part at most this far from its whole, in sizes of itself, sits on it: outlines are drawn by
/// hand and leave a gap.
const TOUCHING: f32 = 0.25;

/// Above this IoU of their boxes two objects of one class are one that was outlined twice.
const SAME: f32 = 0.9;

/// Joins parts to what they sit on and drops doubles. Parts that lie about alone stay.
pub fn whole_things(objects: &[Object]) -> Vec<Object> {
    let is_part = |object: &&Object| PARTS.contains(&object.category.as_str());
    let (parts, mut things): (Vec<&Object>, Vec<&Object>) = objects.iter().partition(is_part);
    let mut owned: Vec<(usize, &Object)> = Vec::new();
    let wholes = things.len();
    for part in parts {
        match owner(part, &things[..wholes]) {
            Some(index) => owned.push((index, part)),
            None => things.push(part),
        }
    }
    let mut things: Vec<Object> = things.into_iter().cloned().collect();
    for (index, part) in owned {
        things[index].rings.extend(part.rings.iter().cloned());
    }
    without_doubles(things)
}

/// The nearest larger thing that the part sits on.
fn owner(part: &Object, things: &[&Object]) -> Option<usize> {
    let can_carry = |thing: &Object| {
        WHOLES.contains(&thing.category.as_str()) && area(&thing.rings) > area(&part.rings)
    };
    let carriers = things.iter().enumerate().filter(|(_, thing)| can_carry(thing));
    let gaps = carriers.map(|(index, thing)| (gap(&part.rings, &thing.rings), index));
    let (gap, index) = gaps.min_by(|a, b| a.0.total_cmp(&b.0))?;
    (gap < TOUCHING).then_some(index)
}

fn without_doubles(things: Vec<Object>) -> Vec<Object> {
    let mut kept: Vec<Object> = Vec::new();
    for thing in things {
        let bbox = extent(&thing.rings);
        let is_double = |other: &Object| {
            let iou = bbox.zip(extent(&other.rings)).map_or(0.0, |(a, b)| a.iou(&b));
            other.label == thing.label && iou > SAME
        };
        if !kept.iter().any(is_double) {
            kept.push(thing);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use kerbside_core::mask::Point;
    use xtask::dataset::class_of;

    use super::*;

    fn object(category: &str, [x1, y1, x2, y2]: [f32; 4]) -> Object {
        let corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)];
        Object {
            label: class_of(category).unwrap(),
            category: category.to_owned(),
            rings: vec![corners.map(|(x, y)| Point { x, y }).to_vec()],
        }
    }

    const BOTTLE: [f32; 4] = [0.2, 0.3, 0.4, 0.9];
    const ON_TOP: [f32; 4] = [0.27, 0.24, 0.33, 0.29];

    #[test]
    fn a_cap_on_its_bottle_is_a_part_of_it() {
        let bottle = object("Glass bottle", BOTTLE);
        let things = whole_things(&[object("Metal bottle cap", ON_TOP), bottle.clone()]);
        assert_eq!(things.len(), 1);
        assert_eq!(things[0].label.as_str(), "glass");
        assert_eq!(things[0].rings.len(), 2, "the outline is that of both");
    }

    #[test]
    fn a_cap_that_lies_about_is_a_thing_of_its_own() {
        let bottle = object("Glass bottle", BOTTLE);
        let apart = object("Metal bottle cap", [0.7, 0.7, 0.75, 0.75]);
        assert_eq!(whole_things(&[apart, bottle]).len(), 2);
        let film = object("Plastic film", BOTTLE);
        let on_film = object("Plastic bottle cap", [0.25, 0.5, 0.3, 0.55]);
        assert_eq!(whole_things(&[on_film, film]).len(), 2, "films have no caps");
    }

    #[test]
    fn what_was_outlined_twice_counts_once() {
        let can = object("Drink can", BOTTLE);
        let other = object("Paper cup", BOTTLE);
        assert_eq!(whole_things(&[can.clone(), can.clone(), other]).len(), 2);
    }
}
