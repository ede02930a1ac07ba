//! What of a photo's objects is seen through a view, and what of that can be asked for.

use xtask::dataset;

use super::answer::{Item, Order, on_bins};
use super::outline::{area, clipped, extent, mask};
use super::view::View;

/// What is asked for and what is too little of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Share of the picture's side below which a thing is too small to be told.
    pub least: f32,
    /// Most items of an answer; the largest are kept.
    pub max_items: usize,
    /// How they are ordered.
    pub order: Order,
}

/// Of an object at a view's edge, the share that must be seen for it to be asked for.
const VISIBLE: f32 = 0.35;

/// Share of the picture that slivers, which are not asked for, may take together. More would teach
/// that such things are to be overlooked.
const SLIVERS: f32 = 0.02;

/// Share of the picture that a crowd may take: what is in it was not outlined.
const CROWD: f32 = 0.01;

/// A view's contents.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What should be answered, in order.
    pub items: Vec<Item>,
    /// Which of the photo's objects those are, in the same order.
    pub objects: Vec<usize>,
    /// Share of the picture taken by cut-off objects that are not asked for.
    pub slivers: f32,
    /// Share of the picture taken by crowds.
    pub crowd: f32,
}

impl Seen {
    /// What of `photo` is seen through `view`.
    pub fn through(view: &View, photo: &dataset::Sample, rules: &Rules) -> Self {
        let mut found: Vec<(usize, Item)> = Vec::new();
        let mut slivers = 0.0;
        for (index, object) in photo.objects.iter().enumerate() {
            let whole = view.rings(&object.rings);
            let rings = clipped(&whole);
            let visible = area(&rings);
            let Some(bbox) = extent(&rings).as_ref().and_then(on_bins) else { continue };
            if visible < VISIBLE * area(&whole) {
                slivers += visible;
            } else if visible > 0.0 && bbox.width().max(bbox.height()) >= rules.least {
                let label = object.label.clone();
                found.push((index, Item { label, bbox, mask: mask(&rings, &bbox) }));
            }
        }
        found.sort_by(|(_, a), (_, b)| b.bbox.area().total_cmp(&a.bbox.area()));
        found.truncate(rules.max_items);
        let objects = found.iter().map(|(index, _)| *index).collect();
        let mut items: Vec<Item> = found.into_iter().map(|(_, item)| item).collect();
        rules.order.sort(&mut items);
        let crowd = area(&clipped(&view.rings(&photo.ignored)));
        Self { items, objects, slivers, crowd }
    }

    /// Whether the answer tells all that the picture shows.
    pub fn is_honest(&self) -> bool {
        self.slivers <= SLIVERS && self.crowd <= CROWD
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use kerbside_core::mask::Point;
    use xtask::dataset::{Object, Ring, Sample, class_of};

    use super::super::view::{Turn, Window};
    use super::*;

    const RULES: Rules = Rules { least: 0.05, max_items: 3, order: Order::Largest };

    fn square([x1, y1, x2, y2]: [f32; 4]) -> Ring {
        [(x1, y1), (x2, y1), (x2, y2), (x1, y2)].map(|(x, y)| Point { x, y }).to_vec()
    }

    fn photo(squares: &[[f32; 4]], ignored: &[[f32; 4]]) -> Sample {
        let object = |&at: &[f32; 4]| Object {
            label: class_of("metal").unwrap(),
            category: "metal".to_owned(),
            rings: vec![square(at)],
        };
        Sample {
            photo: PathBuf::from("a.jpg"),
            size: None,
            objects: squares.iter().map(object).collect(),
            ignored: ignored.iter().map(|&at| square(at)).collect(),
        }
    }

    /// The left half of a photo of 200×100.
    fn left_half() -> View {
        let window = Window { left: 0, top: 0, width: 100, height: 100 };
        View { photo: (200, 100), window, turn: Turn::default() }
    }

    fn seen(squares: &[[f32; 4]], ignored: &[[f32; 4]]) -> Seen {
        Seen::through(&left_half(), &photo(squares, ignored), &RULES)
    }

    #[test]
    fn boxes_are_those_of_what_is_seen() {
        let seen = seen(&[[0.4, 0.2, 0.6, 0.4]], &[]);
        let expected = on_bins(&kerbside_core::BBox { y1: 0.2, x1: 0.8, y2: 0.4, x2: 1.0 });
        assert_eq!(Some(seen.items[0].bbox), expected);
        assert!(seen.items[0].mask.alpha().iter().all(|&alpha| alpha > 0.99));
        assert!(seen.is_honest());
    }

    #[test]
    fn slivers_at_the_edge_are_not_asked_for_and_large_ones_spoil_the_view() {
        let thin = seen(&[[0.49, 0.2, 0.6, 0.4]], &[]);
        assert!(thin.items.is_empty() && thin.is_honest());
        let large = seen(&[[0.4, 0.1, 0.9, 0.9]], &[]);
        assert!(large.items.is_empty() && !large.is_honest());
        assert!((large.slivers - 0.16).abs() < 1e-5);
    }

    #[test]
    fn tiny_things_are_left_out() {
        let seen = seen(&[[0.1, 0.1, 0.12, 0.14], [0.2, 0.2, 0.23, 0.24]], &[]);
        assert_eq!(seen.objects, [1], "4 % and 6 % of the view");
        assert!(seen.is_honest());
    }

    #[test]
    fn of_too_many_the_largest_are_asked_for() {
        let squares: Vec<[f32; 4]> =
            (1..6).map(|n| [0.0, 0.0, 0.05 * n as f32, 0.1 * n as f32]).collect();
        assert_eq!(seen(&squares, &[]).objects, [4, 3, 2]);
    }

    #[test]
    fn crowds_spoil_a_view_and_are_no_items() {
        let crowded = seen(&[], &[[0.0, 0.0, 0.3, 0.3]]);
        assert!(crowded.items.is_empty() && !crowded.is_honest());
        assert!(seen(&[], &[[0.6, 0.0, 0.9, 0.9]]).is_honest(), "out of sight");
    }

    #[test]
    fn outlines_without_area_are_nothing() {
        assert!(seen(&[[0.2, 0.2, 0.2, 0.8]], &[]).items.is_empty());
    }
}
