//! An analysis as JSON: the one form in which the command line, Android and iOS have it.

use serde_json::{Value, json};

use super::{AnalysedItem, Analysis};
use crate::mask::{Point, Polygon};
use crate::rules::Instruction;

impl Analysis {
    /// The analysis as JSON:
    ///
    /// ```text
    /// photo       {width, height} of the upright photo, in pixels
    /// community   id of the rule pack
    /// context     {zones, date, language} the instructions hold for
    /// looks       how often the model looked
    /// items       [{label, confidence, certainty, box, outline, perceived, instructions, sentences,
    ///             details}]
    ///   box         {y1, x1, y2, x2}, 0..=1 of the photo's height and width, to five digits
    ///   outline     [{outer: [[x, y]…], holes: [[[x, y]…]…]}] in the same measure, or null
    ///   perceived   what is known of the item: see [`crate::rules::Perceived`]
    ///   instructions  for the item and then for its parts: see [`crate::rules::Instruction`]
    ///   sentences   the same, each as one text
    ///   details     what does not fit into each sentence, line by line
    /// highlights  [{id, kind, text, items, stream, date}], the one to lead with first
    /// ```
    pub fn to_json(&self) -> Value {
        let [width, height] = self.size;
        json!({
            "photo": {"width": width, "height": height},
            "community": self.community,
            "context": self.context,
            "looks": self.looks,
            "items": self.items.iter().map(item).collect::<Vec<_>>(),
            "highlights": self.highlights,
        })
    }
}

fn item(item: &AnalysedItem) -> Value {
    let AnalysedItem { detection, perceived, instructions } = item;
    let outline = detection.mask.as_ref().map(|mask| mask.outline(&detection.bbox));
    let bbox = detection.bbox;
    json!({
        "label": detection.label.as_str(),
        "confidence": short(detection.confidence),
        "certainty": detection.certainty().id(),
        "box": {
            "y1": short(bbox.y1), "x1": short(bbox.x1), "y2": short(bbox.y2), "x2": short(bbox.x2),
        },
        "outline": outline.map(|polygons| polygons.iter().map(polygon).collect::<Vec<_>>()),
        "perceived": perceived,
        "instructions": instructions,
        "sentences": instructions.iter().map(Instruction::sentence).collect::<Vec<_>>(),
        "details": instructions.iter().map(Instruction::details).collect::<Vec<_>>(),
    })
}

fn polygon(polygon: &Polygon) -> Value {
    let ring =
        |points: &[Point]| points.iter().map(|p| [short(p.x), short(p.y)]).collect::<Vec<_>>();
    json!({
        "outer": ring(&polygon.outer),
        "holes": polygon.holes.iter().map(|hole| ring(hole)).collect::<Vec<_>>(),
    })
}

/// Five digits behind the point, less than a pixel of any photo: a reader that is not exact to the
/// last bit still reads the same number.
fn short(value: f32) -> f64 {
    (f64::from(value) * 1e5).round() / 1e5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_survive_being_read() {
        for value in [0.392_961_9_f32, 0.0, 1.0, 1.0 / 3.0, 0.999_999_9] {
            let written = json!(short(value)).to_string();
            assert!(written.len() <= 7, "{written}");
            let read: Value = serde_json::from_str(&written).unwrap();
            assert_eq!(read.to_string(), written);
        }
    }
}
