//! Things cut out of their photos.

use std::path::PathBuf;

use image::imageops::crop_imm;
use image::{GrayImage, Luma, RgbImage, imageops};
use kerbside_core::detection::Label;
use kerbside_core::engine::CLASSES;
use kerbside_core::mask::{BinaryMask, Point};
use rand::Rng;
use xtask::dataset::{Dataset, Ring, Sample};
use xtask::failure::{Failure, Result};

use super::super::chance::{one_of, weighted};
use super::super::outline::{along_edges, area, extent};
use super::super::parts::whole_things;
use super::super::sample::Split;
use super::super::sets::HeldOut;
use super::super::view::picture_of;

/// Share of its outline along which a thing may be cut off by its photo's edge: a straight cut
/// that long still looks like a thing's own edge.
const CUT_OFF: f32 = 0.15;
/// Smaller things, as a share of their photo, have too few pixels to be looked at from near by.
const LEAST_AREA: f32 = 0.02;

/// Pixels around a thing that are kept for filters to read.
const MARGIN: u32 = 3;

/// Steps per pixel and side in which an outline's cover is counted.
const FINE: u32 = 4;

/// Deviation of the blur that feathers an edge, in pixels of the photo.
const FEATHER: f32 = 0.8;

/// A thing without its ground.
#[derive(Debug, Clone, PartialEq)]
pub struct CutOut {
    /// One of the nine classes.
    pub label: Label,
    /// The thing and some of its ground.
    pub picture: RgbImage,
    /// Of the same size: 255 on the thing, 0 beside it.
    pub cover: GrayImage,
}

/// Where there is something to cut out.
#[derive(Debug)]
struct Thing {
    photo: PathBuf,
    label: Label,
    rings: Vec<Ring>,
}

/// All things that may be cut out, by class.
#[derive(Debug)]
pub struct Library {
    by_class: Vec<Vec<Thing>>,
    /// Things that are cut off by their photo's edge or too small.
    pub unfit: usize,
}

impl Library {
    /// Reads the labels of the folders; photos are read when something is cut out of them.
    ///
    /// # Errors
    /// If labels cannot be read, or there is nothing to cut out.
    pub fn open(folders: &[PathBuf], objects: Split) -> Result<Self> {
        let by_class = CLASSES.iter().map(|_| Vec::new()).collect();
        let mut library = Self { by_class, unfit: 0 };
        for folder in folders {
            let dataset = Dataset::open(folder)?;
            let wanted =
                dataset.samples.iter().filter(|s| HeldOut::Usual.split(&s.photo) == objects);
            wanted.for_each(|sample| library.add(sample));
        }
        if library.by_class.iter().all(Vec::is_empty) {
            return Err(Failure::new(format!("there is nothing {objects} to cut out")));
        }
        Ok(library)
    }

    fn add(&mut self, photo: &Sample) {
        for object in whole_things(&photo.objects) {
            if !is_fit(&object.rings) {
                self.unfit += 1;
                continue;
            }
            let class = CLASSES.iter().position(|class| *class == object.label.as_str());
            let class = class.expect("datasets are read in the nine classes");
            let photo = photo.photo.clone();
            self.by_class[class].push(Thing { photo, label: object.label, rings: object.rings });
        }
    }

    /// A class as likely as the square root of its count, and one of its things, cut out.
    ///
    /// # Errors
    /// If its photo cannot be read.
    pub fn draw(&self, rng: &mut impl Rng) -> Result<CutOut> {
        let weights: Vec<f32> = self.by_class.iter().map(|c| (c.len() as f32).sqrt()).collect();
        one_of(&self.by_class[weighted(&weights, rng)], rng).cut_out()
    }

    /// How many there are of each class.
    pub fn told(&self) -> String {
        let counts = CLASSES.iter().zip(&self.by_class).filter(|(_, things)| !things.is_empty());
        counts
            .map(|(class, things)| format!("{class} {}", things.len()))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

fn is_fit(rings: &[Ring]) -> bool {
    area(rings) >= LEAST_AREA && along_edges(rings) <= CUT_OFF
}

impl Thing {
    fn cut_out(&self) -> Result<CutOut> {
        let labelled = Sample {
            photo: self.photo.clone(),
            size: None,
            objects: Vec::new(),
            ignored: Vec::new(),
        };
        let photo = picture_of(labelled.frame()?);
        let bbox = extent(&self.rings).expect("what is fit has an extent");
        let span = |from: f32, to: f32, size: u32| {
            let first = ((from * size as f32) as u32).saturating_sub(MARGIN);
            let end = ((to * size as f32).ceil() as u32 + MARGIN).clamp(first + 1, size);
            (first, end - first)
        };
        let (left, width) = span(bbox.x1, bbox.x2, photo.width());
        let (top, height) = span(bbox.y1, bbox.y2, photo.height());
        let place = |p: &Point| Point {
            x: (p.x * photo.width() as f32 - left as f32) / width as f32,
            y: (p.y * photo.height() as f32 - top as f32) / height as f32,
        };
        let rings: Vec<Ring> =
            self.rings.iter().map(|ring| ring.iter().map(place).collect()).collect();
        Ok(CutOut {
            label: self.label.clone(),
            picture: crop_imm(&photo, left, top, width, height).to_image(),
            cover: feathered(&cover(&rings, width, height)),
        })
    }
}

/// How much of each pixel lies inside the rings, in steps of 1/16.
fn cover(rings: &[Ring], width: u32, height: u32) -> GrayImage {
    let mut fine = BinaryMask::new((FINE * width) as usize, (FINE * height) as usize);
    rings.iter().for_each(|ring| fine.fill_ring(ring));
    GrayImage::from_fn(width, height, |x, y| {
        let inside = |step: &u32| {
            let (x, y) = (FINE * x + step % FINE, FINE * y + step / FINE);
            fine.get(x as usize, y as usize)
        };
        let count = (0..FINE * FINE).filter(inside).count();
        Luma([(count * 255 / (FINE * FINE) as usize) as u8])
    })
}

/// An edge that fades over some two pixels and lies a little inside the outline: outlines are drawn
/// by hand, and what lies just beside them is the old ground.
fn feathered(cover: &GrayImage) -> GrayImage {
    let mut soft = imageops::fast_blur(cover, FEATHER);
    for pixel in soft.pixels_mut() {
        let cover = f32::from(pixel.0[0]) / 255.0;
        pixel.0[0] = ((cover - 0.35) / 0.55 * 255.0).round() as u8;
    }
    soft
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use xtask::dataset::class_of;

    use super::*;

    fn square(from: f32, to: f32) -> Ring {
        [(from, from), (to, from), (to, to), (from, to)].map(|(x, y)| Point { x, y }).to_vec()
    }

    #[test]
    fn a_cut_out_covers_the_thing_and_not_its_ground() {
        let folder = tempfile::tempdir().unwrap();
        let photo = folder.path().join("a.png");
        let is_thing = |at: u32| (20..60).contains(&at);
        RgbImage::from_fn(100, 100, |x, y| {
            if is_thing(x) && is_thing(y) { Rgb([200, 0, 0]) } else { Rgb([255; 3]) }
        })
        .save(&photo)
        .unwrap();
        let label = class_of("metal").unwrap();
        let thing = Thing { photo, label, rings: vec![square(0.2, 0.6)] };
        let cut = thing.cut_out().unwrap();
        assert!((46..=47).contains(&cut.picture.width()));
        assert_eq!(cut.picture.dimensions(), cut.cover.dimensions());
        for (picture, cover) in cut.picture.pixels().zip(cut.cover.pixels()) {
            if picture.0[1] == 255 {
                assert!(cover.0[0] < 100, "the old ground shows");
            }
        }
        assert_eq!(cut.cover.get_pixel(23, 23).0[0], 255);
        let solid = cut.cover.pixels().filter(|p| p.0[0] > 127).count();
        assert!((38 * 38..=40 * 40).contains(&solid), "{solid}");
    }

    #[test]
    fn things_that_are_cut_off_or_small_are_not_fit() {
        assert!(is_fit(&[square(0.1, 0.5)]));
        assert!(!is_fit(&[square(0.0, 0.5)]), "cut off on two sides");
        assert!(!is_fit(&[square(0.1, 0.2)]), "too small");
        assert!(!is_fit(&[]));
    }
}
