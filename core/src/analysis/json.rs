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
    ///   box         {y1, x1, y2, x2}, 0..=1 of the photo's height and width
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
        "confidence": detection.confidence,
        "certainty": detection.certainty().id(),
        "box": {"y1": bbox.y1, "x1": bbox.x1, "y2": bbox.y2, "x2": bbox.x2},
        "outline": outline.map(|polygons| polygons.iter().map(polygon).collect::<Vec<_>>()),
        "perceived": perceived,
        "instructions": instructions,
        "sentences": instructions.iter().map(Instruction::sentence).collect::<Vec<_>>(),
        "details": instructions.iter().map(Instruction::details).collect::<Vec<_>>(),
    })
}

fn polygon(polygon: &Polygon) -> Value {
    let ring = |points: &[Point]| points.iter().map(|p| [p.x, p.y]).collect::<Vec<_>>();
    json!({
        "outer": ring(&polygon.outer),
        "holes": polygon.holes.iter().map(|hole| ring(hole)).collect::<Vec<_>>(),
    })
}
