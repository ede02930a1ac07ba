//! Scenes as a folder of labelled photos, which `cargo xtask evaluate segment --data` reads.

use std::fmt::Write;
use std::path::Path;

use kerbside_core::engine::CLASSES;
use kerbside_core::mask::{BinaryMask, Point, Polygon};
use xtask::failure::{Failure, Result};

use super::super::card::Card;
use super::super::folder::NewFolder;
use super::Shot;

/// `classes.txt`, `images/`, `labels/`, and a card.
pub struct YoloFolder {
    folder: NewFolder,
    photos: usize,
}

impl YoloFolder {
    /// Starts the folder `out`, which must not exist or be empty.
    ///
    /// # Errors
    /// If something is there, or the folder cannot be made.
    pub fn create(out: &Path) -> Result<Self> {
        Ok(Self { folder: NewFolder::create(out)?, photos: 0 })
    }

    /// Adds a scene.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn push(&mut self, shot: &Shot) -> Result<()> {
        let name = format!("{:05}", self.photos);
        let picture = shot.sample.image.as_ref();
        let picture = picture.ok_or_else(|| Failure::new("a scene without picture"))?;
        self.folder.write(format!("images/{name}.jpg"), &picture.bytes)?;
        let mut labels = String::new();
        for (item, mask) in &shot.masks {
            let class = CLASSES.iter().position(|class| *class == item.label.as_str());
            let class = class.expect("datasets are read in the nine classes");
            let _ = writeln!(labels, "{class}{}", written(&ring(mask)));
        }
        self.folder.write(format!("labels/{name}.txt"), labels)?;
        self.photos += 1;
        Ok(())
    }

    /// Writes the rest and moves the folder to its place.
    ///
    /// # Errors
    /// If a file cannot be written or the folder not be moved.
    pub fn finish(self, card: &Card) -> Result<()> {
        self.folder.write("classes.txt", CLASSES.join("\n") + "\n")?;
        self.folder.write("README.md", card.of_photos(self.photos))?;
        self.folder.finish()
    }
}

/// One ring around all pieces of a mask and its holes. YOLO has one ring for a thing: between pieces
/// the ring goes there and back along the same line, which the even-odd rule does not see.
fn ring(mask: &BinaryMask) -> Vec<Point> {
    let mut rings: Vec<Vec<Point>> = Vec::new();
    for Polygon { outer, holes } in mask.outline() {
        rings.push(outer);
        rings.extend(holes);
    }
    let mut whole = rings.first().cloned().unwrap_or_default();
    let Some(&start) = whole.first() else { return whole };
    for piece in rings.iter().skip(1) {
        whole.push(start);
        whole.extend(piece);
        whole.push(piece[0]);
    }
    if rings.len() > 1 {
        whole.push(start);
    }
    whole
}

fn written(ring: &[Point]) -> String {
    ring.iter().map(|Point { x, y }| format!(" {x:.6} {y:.6}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_ring_has_the_pixels_of_all_pieces_and_not_those_of_holes() {
        let mut mask = BinaryMask::new(60, 40);
        for y in 0..40 {
            for x in 0..60 {
                let is_piece = (5..25).contains(&x) && (5..35).contains(&y);
                let is_hole = (10..20).contains(&x) && (10..30).contains(&y);
                let is_other = x > 40 && (x - 40) + y < 25;
                if is_piece && !is_hole || is_other {
                    mask.set(x, y);
                }
            }
        }
        let mut drawn = BinaryMask::new(60, 40);
        let text = written(&ring(&mask));
        let numbers: Vec<f32> = text.split_whitespace().map(|n| n.parse().unwrap()).collect();
        let points: Vec<Point> =
            numbers.as_chunks::<2>().0.iter().map(|&[x, y]| Point { x, y }).collect();
        drawn.fill_ring(&points);
        assert_eq!(drawn, mask);
        assert!(ring(&BinaryMask::new(4, 4)).is_empty());
    }
}
