//! The photos with what people outlined (thin) and what was found (number, class and word).

use std::path::Path;

use kerbside_core::detection::Detection;
use kerbside_core::mask::{Point, Polygon};

use super::Judged;
use super::matching::Fate;
use crate::failure::{Failure, Result};
use crate::overlay;

/// Longer sides are shrunk: a thousand pictures of twelve megapixels help nobody.
const MOST_SIDE: usize = 1280;

/// Draws one photo into `folder`, under its own name.
///
/// # Errors
/// If the picture cannot be written.
pub fn write(judged: &Judged<'_>, folder: &Path) -> Result<()> {
    let polygon = |ring: &Vec<Point>| Polygon { outer: ring.clone(), holes: Vec::new() };
    let objects = judged.sample.objects.iter().flat_map(|object| &object.rings);
    let truth: Vec<Polygon> = objects.map(polygon).collect();
    let captions: Vec<String> = judged
        .detections
        .iter()
        .zip(judged.fates)
        .enumerate()
        .map(|(index, (detection, fate))| caption(index + 1, detection, *fate))
        .collect();
    let picture = overlay::compare(judged.frame, MOST_SIDE, &truth, judged.detections, &captions);
    let photo = &judged.sample.photo;
    // TACO's names repeat from batch to batch.
    let batch = photo.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let stem = photo.file_stem().unwrap_or_default().to_string_lossy();
    let path = folder.join(format!("{batch}-{stem}.jpg"));
    picture.save(&path).map_err(|e| Failure::from(e).during(path.display()))
}

/// `2 metal, likely`; a mark says what matched nothing, and what is not counted.
fn caption(number: usize, detection: &Detection, fate: Fate) -> String {
    let word = detection.certainty().id();
    let mark = match fate {
        Fate::Matched(_) => "",
        Fate::Invented => " (invented)",
        Fate::Ignored => " (ignored)",
    };
    format!("{number} {}, {word}{mark}", detection.label)
}
