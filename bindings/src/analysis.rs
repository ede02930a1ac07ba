//! Everything found out about a photo, as records.

use kerbside_core::analysis as core;
use kerbside_core::detection::{BBox, Detection};
use kerbside_core::{Certainty, highlight, mask};

use crate::dates::CivilDate;
use crate::error::Result;
use crate::instruction::{Instruction, WasteClass, alike, all};
use crate::rule_book::write_seen;

/// Everything found out about a photo.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Analysis {
    /// Columns of the upright photo.
    pub width: u32,
    /// Rows of the upright photo.
    pub height: u32,
    /// How often the model looked.
    pub looks: u32,
    /// The things on the photo.
    pub items: Vec<AnalysedItem>,
    /// Facts to show, the one to lead with first.
    pub highlights: Vec<Highlight>,
    /// The same as one JSON text: what the command line prints.
    pub json: String,
}

/// One thing on the photo.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct AnalysedItem {
    /// Where it is, what shape it has, what it is.
    pub found: FoundItem,
    /// What is known of it, as text: for [`crate::rule_book::RuleBook::instructions`].
    pub seen: String,
    /// What is done with it, and then with each of its parts.
    pub instructions: Vec<Instruction>,
}

/// Where a thing is, what shape it has, what it is.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct FoundItem {
    /// The detector's word.
    pub label: String,
    /// Its class, if the word is one of the nine.
    pub waste_class: Option<WasteClass>,
    /// How sure the model is, `0..=1`.
    pub probability: f32,
    /// The same in a word.
    pub confidence: Confidence,
    /// Where it is.
    pub bounds: Bounds,
    /// What shape it has; none if the pack has no masks.
    pub mask: Option<Mask>,
}

/// How sure the model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Confidence {
    /// It can be relied on.
    Sure,
    /// It is more likely so than not.
    Likely,
    /// It should be looked at by a person.
    Unsure,
}

/// A box, `0..=1` from the left and from the top.
#[derive(Debug, Clone, Copy, PartialEq, uniffi::Record)]
pub struct Bounds {
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Bottom edge.
    pub bottom: f32,
}

/// A shape.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Mask {
    /// Its outlines in the photo, largest first.
    pub outline: Vec<Polygon>,
    /// 64×64 opacities inside the box, row by row, 255 for full.
    pub alpha: Vec<u8>,
}

/// A closed outline, first point not repeated, and the holes in it.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Polygon {
    /// Clockwise on the screen.
    pub outer: Vec<Point>,
    /// Counter-clockwise on the screen.
    pub holes: Vec<Vec<Point>>,
}

/// A point of the photo, `0..=1` from the left and from the top.
#[derive(Debug, Clone, Copy, PartialEq, uniffi::Record)]
pub struct Point {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
}

/// A fact worth leading with.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Highlight {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub kind: HighlightKind,
    /// The fact in words.
    pub text: String,
    /// Which items it is about.
    pub items: Vec<u32>,
    /// Id of the stream it is about.
    pub stream: Option<String>,
    /// The day it is about.
    pub date: Option<CivilDate>,
}

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum HighlightKind {
    /// Something dangerous.
    Hazard,
    /// Something to be put out now.
    Tonight,
    /// A collection on another day than usual.
    Moved,
    /// A bag that has to be bought.
    Bag,
    /// Money that comes back.
    Deposit,
    /// A rule that changes soon.
    Change,
}

impl Analysis {
    pub(crate) fn of(analysis: &core::Analysis) -> Result<Self> {
        let [width, height] = analysis.size.map(|side| side as u32);
        Ok(Self {
            width,
            height,
            looks: analysis.looks as u32,
            items: analysis.items.iter().map(AnalysedItem::of).collect::<Result<_>>()?,
            highlights: all(analysis.highlights.clone()),
            json: analysis.to_json().to_string(),
        })
    }
}

impl AnalysedItem {
    fn of(item: &core::AnalysedItem) -> Result<Self> {
        Ok(Self {
            found: FoundItem::of(&item.detection),
            seen: write_seen(&item.perceived)?,
            instructions: all(item.instructions.clone()),
        })
    }
}

impl FoundItem {
    pub(crate) fn of(item: &Detection) -> Self {
        let label = item.label.as_str();
        Self {
            label: label.to_owned(),
            waste_class: kerbside_core::rules::Class::from_label(label).map(WasteClass::from),
            probability: item.confidence,
            confidence: item.certainty().into(),
            bounds: item.bbox.into(),
            mask: item.mask.as_ref().map(|mask| Mask::of(mask, &item.bbox)),
        }
    }
}

impl Mask {
    pub(crate) fn of(mask: &mask::Mask, bbox: &BBox) -> Self {
        let byte = |alpha: &f32| (alpha * 255.0).round() as u8;
        Self { outline: all(mask.outline(bbox)), alpha: mask.alpha().iter().map(byte).collect() }
    }
}

impl From<BBox> for Bounds {
    fn from(bbox: BBox) -> Self {
        Self { left: bbox.x1, top: bbox.y1, right: bbox.x2, bottom: bbox.y2 }
    }
}

impl From<mask::Polygon> for Polygon {
    fn from(one: mask::Polygon) -> Self {
        Self { outer: all(one.outer), holes: one.holes.into_iter().map(all).collect() }
    }
}

impl From<mask::Point> for Point {
    fn from(one: mask::Point) -> Self {
        Self { x: one.x, y: one.y }
    }
}

impl From<Point> for mask::Point {
    fn from(one: Point) -> Self {
        Self { x: one.x, y: one.y }
    }
}

impl From<highlight::Highlight> for Highlight {
    fn from(one: highlight::Highlight) -> Self {
        Self {
            id: one.id,
            kind: one.kind.into(),
            text: one.text,
            items: one.items.into_iter().map(|item| item as u32).collect(),
            stream: one.stream,
            date: one.date,
        }
    }
}

alike!(HighlightKind, highlight::HighlightKind, [Hazard, Tonight, Moved, Bag, Deposit, Change]);
alike!(Confidence, Certainty, [Sure, Likely, Unsure]);
