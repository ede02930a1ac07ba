//! Boxes, labels and codes, read from and written to `<loc>`/`<seg>` text; `merge` keeps one item of
//! each thing.
//!
//! ```text
//! <loc y1><loc x1><loc y2><loc x2><seg>×16 label ; <loc y1>…
//! ```
//!
//! Text and numbers only: which token id stands for which `<loc>` is the tokenizer's business.

mod merge;

use std::fmt;

pub use self::merge::{distinct, merge};
use crate::certainty::Certainty;
use crate::mask::{Mask, Point};

/// Codes of one mask, a 4×4 grid row by row.
pub const SEG_CODES: usize = 16;

/// Between two items of a text.
pub const SEPARATOR: &str = " ; ";

/// Why an item is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// The text does not start with four `<loc>` tokens.
    #[error("{found} of 4 <loc> tokens before {rest:?}")]
    Box {
        /// Well-formed `<loc>` tokens.
        found: usize,
        /// The text where the next was expected, shortened.
        rest: String,
    },
    /// The box has no area: its second corner is not below and to the right of its first.
    #[error("the box {0:?} (y1, x1, y2, x2) has no area")]
    NoArea([u16; 4]),
    /// Neither no `<seg>` token nor sixteen.
    #[error("{found} of {SEG_CODES} <seg> tokens before {rest:?}")]
    Mask {
        /// Well-formed `<seg>` tokens.
        found: usize,
        /// The text where the next was expected, shortened.
        rest: String,
    },
    /// The label is empty or holds what separates items.
    #[error("{0:?} is not a label: it must have letters and none of ; < >")]
    Label(String),
}

/// Which item of a text is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("item {item}: {source}")]
pub struct ParseError {
    /// Counted from one.
    pub item: usize,
    /// What is wrong with it.
    pub source: ItemError,
}

/// A box in a photo: `0..=1` from the top and from the left. Fields stand in the order of the
/// `<loc>` tokens, y before x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BBox {
    /// Top edge.
    pub y1: f32,
    /// Left edge.
    pub x1: f32,
    /// Bottom edge.
    pub y2: f32,
    /// Right edge.
    pub x2: f32,
}

impl BBox {
    /// The whole photo.
    pub const WHOLE: Self = Self { y1: 0.0, x1: 0.0, y2: 1.0, x2: 1.0 };

    /// The highest of the 1024 `<loc>` tokens.
    pub const LAST_BIN: u16 = 1023;

    /// The box whose edges are the `<loc>` tokens y1, x1, y2, x2 (each up to 1023): `bin / 1023`.
    ///
    /// Not 1024: PaliGemma was trained on `round(v · 1023)` (big_vision,
    /// `pp/proj/paligemma/segmentation.py`), so that bins 0 and 1023 are the photo's very edges.
    ///
    /// # Errors
    /// [`ItemError::NoArea`].
    pub fn from_bins(bins: [u16; 4]) -> Result<Self, ItemError> {
        let [y1, x1, y2, x2] = bins.map(|bin| f32::from(bin) / f32::from(Self::LAST_BIN));
        if y1 < y2 && x1 < x2 { Ok(Self { y1, x1, y2, x2 }) } else { Err(ItemError::NoArea(bins)) }
    }

    /// The `<loc>` tokens y1, x1, y2, x2 of this box: `round(v · 1023)`.
    pub fn to_bins(&self) -> [u16; 4] {
        // The cast saturates below, `min` above.
        [self.y1, self.x1, self.y2, self.x2]
            .map(|v| ((v * f32::from(Self::LAST_BIN)).round() as u16).min(Self::LAST_BIN))
    }

    /// Bottom minus top.
    pub fn height(&self) -> f32 {
        self.y2 - self.y1
    }

    /// Right minus left.
    pub fn width(&self) -> f32 {
        self.x2 - self.x1
    }

    /// As a share of the photo.
    pub fn area(&self) -> f32 {
        self.height().max(0.0) * self.width().max(0.0)
    }

    /// Whether a point lies inside or on the top or left edge.
    pub fn contains(&self, point: Point) -> bool {
        (self.y1..self.y2).contains(&point.y) && (self.x1..self.x2).contains(&point.x)
    }

    /// The part two boxes share; of no area where they do not meet.
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            y1: self.y1.max(other.y1),
            x1: self.x1.max(other.x1),
            y2: self.y2.min(other.y2),
            x2: self.x2.min(other.x2),
        }
    }

    /// The smallest box around both.
    pub fn around(&self, other: &Self) -> Self {
        Self {
            y1: self.y1.min(other.y1),
            x1: self.x1.min(other.x1),
            y2: self.y2.max(other.y2),
            x2: self.x2.max(other.x2),
        }
    }

    /// Intersection over union.
    pub fn iou(&self, other: &Self) -> f32 {
        let shared = self.intersection(other).area();
        shared / (self.area() + other.area() - shared).max(f32::MIN_POSITIVE)
    }

    /// This box of a photo as a box of the mirrored photo, and the other way round.
    pub fn mirrored(&self) -> Self {
        Self { x1: 1.0 - self.x2, x2: 1.0 - self.x1, ..*self }
    }

    /// This box of a crop as a box of the photo the crop's `region` was cut from.
    pub fn from_crop(&self, region: &Self) -> Self {
        Self {
            y1: region.y1 + self.y1 * region.height(),
            x1: region.x1 + self.x1 * region.width(),
            y2: region.y1 + self.y2 * region.height(),
            x2: region.x1 + self.x2 * region.width(),
        }
    }
}

/// One of the 128 `<seg>` tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegCode(u8);

impl SegCode {
    /// How many there are.
    pub const COUNT: usize = 128;

    /// The code `<seg000>` … `<seg127>`.
    pub fn new(code: u8) -> Option<Self> {
        (usize::from(code) < Self::COUNT).then_some(Self(code))
    }

    /// `0..128`.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// All codes in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }
}

/// What an item is called: words without `;`, `<` and `>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(String);

impl Label {
    /// A label without the white space around it.
    ///
    /// # Errors
    /// [`ItemError::Label`].
    pub fn new(text: &str) -> Result<Self, ItemError> {
        let label = text.trim();
        if label.is_empty() || label.contains([';', '<', '>', '\n']) {
            return Err(ItemError::Label(shortened(text)));
        }
        Ok(Self(label.to_owned()))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One item in a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// What it is called.
    pub label: Label,
    /// Where it is.
    pub bbox: BBox,
    /// Its mask as codes, where the model gave them.
    pub codes: Option<[SegCode; SEG_CODES]>,
    /// Its mask inside `bbox`, once decoded.
    pub mask: Option<Mask>,
    /// The chance that place and label are right, `0..=1`, calibrated where the pack has measured
    /// it; text does not carry it, so what is parsed has 1.
    pub confidence: f32,
}

impl Detection {
    /// How sure the app may say it is: the word for [`Self::confidence`].
    pub fn certainty(&self) -> Certainty {
        Certainty::of(self.confidence)
    }

    /// The item that four `<loc>` bins (y1, x1, y2, x2), its codes and its label stand for.
    ///
    /// # Errors
    /// [`ItemError::NoArea`].
    pub fn from_tokens(
        bins: [u16; 4],
        codes: Option<[SegCode; SEG_CODES]>,
        label: Label,
    ) -> Result<Self, ItemError> {
        let bbox = BBox::from_bins(bins)?;
        Ok(Self { label, bbox, codes, mask: None, confidence: 1.0 })
    }

    /// The item in the photo that the crop it was found in was cut from.
    pub fn from_crop(self, region: &BBox) -> Self {
        Self { bbox: self.bbox.from_crop(region), ..self }
    }

    /// Reads one item.
    ///
    /// # Errors
    /// Any [`ItemError`].
    pub fn parse(text: &str) -> Result<Self, ItemError> {
        let (bins, rest) = read_tokens(text.trim(), "<loc", 4, BBox::LAST_BIN);
        let bins: [u16; 4] = bins.try_into().map_err(|bins: Vec<u16>| ItemError::Box {
            found: bins.len(),
            rest: shortened(rest),
        })?;
        let (codes, rest) = read_tokens(rest, "<seg", 3, SegCode::COUNT as u16 - 1);
        let found = codes.len();
        let wrong = || ItemError::Mask { found, rest: shortened(rest) };
        let codes = match found {
            0 if !rest.starts_with("<seg") => None,
            SEG_CODES => Some(std::array::from_fn(|cell| SegCode(codes[cell] as u8))),
            _ => return Err(wrong()),
        };
        Self::from_tokens(bins, codes, Label::new(rest)?)
    }
}

impl fmt::Display for Detection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for bin in self.bbox.to_bins() {
            write!(f, "<loc{bin:04}>")?;
        }
        for code in self.codes.iter().flatten() {
            write!(f, "<seg{:03}>", code.0)?;
        }
        write!(f, " {}", self.label)
    }
}

/// Reads all items of a text; an empty text has none.
///
/// # Errors
/// [`ParseError`] for the first item that is wrong. [`parse_each`] goes on behind it.
pub fn parse(text: &str) -> Result<Vec<Detection>, ParseError> {
    parse_each(text).collect()
}

/// Reads a text item by item.
pub fn parse_each(text: &str) -> impl Iterator<Item = Result<Detection, ParseError>> {
    let items = if text.trim().is_empty() { None } else { Some(text.split(';')) };
    items.into_iter().flatten().enumerate().map(|(index, item)| {
        Detection::parse(item).map_err(|source| ParseError { item: index + 1, source })
    })
}

/// Writes items as [`parse`] reads them.
pub fn write(detections: &[Detection]) -> String {
    detections.iter().map(Detection::to_string).collect::<Vec<_>>().join(SEPARATOR)
}

/// As many tokens `{prefix}{digits}>` up to `last` as the text starts with, and the rest.
fn read_tokens<'a>(
    mut text: &'a str,
    prefix: &str,
    digits: usize,
    last: u16,
) -> (Vec<u16>, &'a str) {
    let next = |text: &'a str| -> Option<(u16, &'a str)> {
        let (number, rest) = text.strip_prefix(prefix)?.split_at_checked(digits)?;
        let all_digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|&number| all_digits && number <= last)?;
        Some((number, rest.strip_prefix('>')?))
    };
    let mut numbers = Vec::new();
    while let Some((number, rest)) = next(text) {
        numbers.push(number);
        text = rest;
    }
    (numbers, text)
}

/// Enough of a text to recognise it in a message.
fn shortened(text: &str) -> String {
    text.chars().take(24).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn label(text: &str) -> Label {
        Label::new(text).unwrap()
    }

    pub(crate) fn item(name: &str, [y1, x1, y2, x2]: [f32; 4], confidence: f32) -> Detection {
        let bbox = BBox { y1, x1, y2, x2 };
        Detection { label: label(name), bbox, codes: None, mask: None, confidence }
    }

    #[test]
    fn the_first_number_is_y() {
        let found = parse("<loc0000><loc0102><loc0512><loc1023> plastic").unwrap();
        let bbox = found[0].bbox;
        assert_eq!((bbox.y1, bbox.x2), (0.0, 1.0));
        assert!(bbox.x1 < 0.11 && (bbox.y2 - 0.5).abs() < 0.01);
        // Wider than it is high.
        assert!(bbox.width() > bbox.height());
    }

    #[test]
    fn the_photos_edges_are_the_first_and_the_last_bin() {
        assert_eq!(BBox::WHOLE.to_bins(), [0, 0, 1023, 1023]);
        assert_eq!(BBox::from_bins([0, 0, 1023, 1023]).unwrap(), BBox::WHOLE);
        // Rounded, not cut off: 0.5 · 1023 = 511.5.
        let half = BBox { y1: 0.5, x1: -0.1, y2: 0.9999, x2: 1.1 };
        assert_eq!(half.to_bins(), [512, 0, 1023, 1023]);
    }

    #[test]
    fn items_are_joined_by_semicolons() {
        let codes: String = (0..16).map(|code| format!("<seg{code:03}>")).collect();
        let text = format!(
            "<loc0010><loc0020><loc0030><loc0040>{codes} drink can ; <loc0001><loc0002><loc0003><loc0004> glass"
        );
        let found = parse(&text).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].label.as_str(), "drink can");
        assert_eq!(found[0].codes.unwrap()[15].index(), 15);
        assert_eq!(found[1].codes, None);
        assert_eq!(write(&found), text);
        assert_eq!(parse(" ").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_said_by_item() {
        let good = "<loc0001><loc0002><loc0003><loc0004> glass";
        let seg = "<seg001>".repeat(15);
        let cases = [
            ("glass".to_owned(), "0 of 4 <loc>"),
            ("<loc0001><loc0002><loc0003> glass".to_owned(), "3 of 4 <loc>"),
            ("<loc0001><loc0002><loc0003><loc1024> glass".to_owned(), "3 of 4 <loc>"),
            ("<loc0001><loc0002><loc0003><loc4> glass".to_owned(), "3 of 4 <loc>"),
            ("<loc0001><loc0002><loc0003><loc+004> glass".to_owned(), "3 of 4 <loc>"),
            ("<loc0001><loc0002><loc0001><loc0004> glass".to_owned(), "has no area"),
            (format!("<loc0001><loc0002><loc0003><loc0004>{seg} glass"), "15 of 16 <seg>"),
            ("<loc0001><loc0002><loc0003><loc0004><seg128> glass".to_owned(), "0 of 16 <seg>"),
            ("<loc0001><loc0002><loc0003><loc0004>".to_owned(), "not a label"),
            ("<loc0001><loc0002><loc0003><loc0004> a<b".to_owned(), "not a label"),
        ];
        for (text, reason) in cases {
            let error = parse(&format!("{good} ; {text}")).unwrap_err();
            assert_eq!(error.item, 2, "{text}");
            assert!(error.to_string().contains(reason), "{text}: {error}");
            assert_eq!(parse_each(&format!("{text} ; {good}")).filter(Result::is_ok).count(), 1);
        }
    }

    proptest! {
        #[test]
        fn writing_and_parsing_is_a_roundtrip(
            items in prop::collection::vec(
                (
                    (0u16..1023, 0u16..1023).prop_flat_map(|(y, x)| {
                        (Just(y), Just(x), y + 1..=1023, x + 1..=1023)
                    }),
                    prop::option::of(prop::array::uniform16(0u8..128)),
                    "[a-z]{1,8}( [a-z]{1,8})?",
                ),
                0..5,
            )
        ) {
            let detections: Vec<Detection> = items
                .into_iter()
                .map(|((y1, x1, y2, x2), codes, name)| {
                    let codes = codes.map(|codes| codes.map(SegCode));
                    Detection::from_tokens([y1, x1, y2, x2], codes, label(&name)).unwrap()
                })
                .collect();
            let text = write(&detections);
            prop_assert_eq!(parse(&text).unwrap(), detections);
        }

        #[test]
        fn parsing_never_panics(text in "(<loc[0-9]{3,5}>|<seg[0-9]{2,4}>|[a-zé ;<>]){0,30}") {
            let _ = parse(&text);
        }
    }

    #[test]
    fn a_crops_box_lands_in_the_photo() {
        let region = BBox { y1: 0.5, x1: 0.0, y2: 1.0, x2: 0.25 };
        let found = item("can", [0.0, 0.5, 0.5, 1.0], 1.0).from_crop(&region);
        assert_eq!(found.bbox, BBox { y1: 0.5, x1: 0.125, y2: 0.75, x2: 0.25 });
    }

    #[test]
    fn confidence_is_said_in_words() {
        let said = |confidence| item("can", [0.0, 0.0, 1.0, 1.0], confidence).certainty();
        assert_eq!([0.9, 0.6, 0.2].map(said), Certainty::ALL);
    }
}
