//! Things on a ground, later ones on top, under one light.

use image::RgbImage;
use kerbside_core::detection::Label;
use kerbside_core::mask::{BinaryMask, Mask};
use rand::Rng;
use std::f32::consts::TAU;
use xtask::failure::Result;

use super::super::answer::{Item, on_bins};
use super::super::chance::{between, log_between, one_of};
use super::super::colour::Light;
use super::super::seen::Rules;
use super::background::Backgrounds;
use super::cutout::Library;
use super::layer::{Layer, Pose, Shadow};

/// Width to height of photos.
const SHAPES: [f32; 5] = [4.0 / 3.0, 3.0 / 4.0, 1.0, 9.0 / 16.0, 16.0 / 9.0];

/// Longer side of a thing as a share of the scene's shorter side: the most, alone and in a crowd.
const LEAST_SIZE: f32 = 0.16;
const ALONE: f32 = 0.85;
const IN_CROWD: f32 = 0.5;

/// Share of a thing that must be in sight: inside the scene, and under what lies on it.
const INSIDE: f32 = 0.85;
const UNCOVERED: f32 = 0.6;

/// Places tried for a thing before it is left out.
const PLACES: usize = 30;

/// How often a thing may lie on others.
const OVERLAP: f64 = 0.5;

/// A thing that is not there.
const NOBODY: u8 = u8::MAX;

/// A composed picture and whose each of its pixels is.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// What is seen.
    pub picture: RgbImage,
    labels: Vec<Label>,
    /// Of every pixel `[height, width]`, the topmost thing's index.
    owner: Vec<u8>,
}

impl Scene {
    /// `wanted` things at most, fewer where there is no room.
    ///
    /// # Errors
    /// If a photo or ground cannot be read.
    pub fn compose(
        wanted: usize,
        longest: u32,
        library: &Library,
        backgrounds: &Backgrounds,
        rng: &mut impl Rng,
    ) -> Result<Self> {
        let size = shape(longest, rng);
        let mut picture = backgrounds.draw(size, rng)?;
        let mut layout = Layout::new(size);
        let sun = Sun::random(rng);
        for _ in 0..wanted {
            let cut = library.draw(rng)?;
            let pose = pose(size, wanted, rng);
            if let Some(layer) = layout.place(Layer::new(&cut, &pose), rng) {
                let longer = layer.size().0.max(layer.size().1) as f32;
                sun.shadows(longer).iter().for_each(|shadow| layer.cast(&mut picture, shadow));
                layer.paint(&mut picture);
            }
        }
        sun.shine(&mut picture);
        let picture = Light::random(rng).fall_on(picture, rng);
        Ok(Self { picture, labels: layout.labels, owner: layout.owner })
    }

    /// What can be asked for, in order, and the pixels of each.
    pub fn items(&self, rules: &Rules) -> Vec<(Item, BinaryMask)> {
        let found = (0..self.labels.len()).filter_map(|index| {
            let mask = self.mask(index);
            let bbox = mask.bbox().as_ref().and_then(on_bins)?;
            let is_told = bbox.width().max(bbox.height()) >= rules.least;
            let label = self.labels[index].clone();
            let item = Item { label, bbox, mask: Mask::from_region(&mask, &bbox) };
            is_told.then_some((item, mask))
        });
        let mut found: Vec<(Item, BinaryMask)> = found.collect();
        let mut items: Vec<Item> = found.iter().map(|(item, _)| item.clone()).collect();
        rules.order.sort(&mut items);
        found.sort_by_key(|(item, _)| items.iter().position(|other| other == item));
        found.truncate(rules.max_items);
        found
    }

    /// The pixels of a thing that are in sight.
    fn mask(&self, index: usize) -> BinaryMask {
        let (width, height) = (self.picture.width() as usize, self.picture.height() as usize);
        let mut mask = BinaryMask::new(width, height);
        for (at, &owner) in self.owner.iter().enumerate() {
            if usize::from(owner) == index {
                mask.set(at % width, at / width);
            }
        }
        mask
    }
}

fn shape(longest: u32, rng: &mut impl Rng) -> (u32, u32) {
    let shape = *one_of(&SHAPES, rng);
    let shorter = |share: f32| (longest as f32 * share).round() as u32;
    if shape > 1.0 { (longest, shorter(1.0 / shape)) } else { (shorter(shape), longest) }
}

fn pose(size: (u32, u32), things: usize, rng: &mut impl Rng) -> Pose {
    let shorter = size.0.min(size.1) as f32;
    let most = if things < 3 { ALONE } else { IN_CROWD };
    Pose {
        longer: shorter * log_between(LEAST_SIZE, most, rng),
        angle: between(0.0, TAU, rng),
        mirrored: rng.random_bool(0.5),
        brightness: between(0.75, 1.1, rng),
    }
}

/// Where things lie.
struct Layout {
    size: (u32, u32),
    labels: Vec<Label>,
    owner: Vec<u8>,
    /// Of every thing, all its pixels and those in sight.
    areas: Vec<(usize, usize)>,
}

impl Layout {
    fn new(size: (u32, u32)) -> Self {
        let owner = vec![NOBODY; (size.0 * size.1) as usize];
        Self { size, labels: Vec::new(), owner, areas: Vec::new() }
    }

    /// Finds a place where the thing is in sight and what lies below stays so.
    fn place(&mut self, mut layer: Layer, rng: &mut impl Rng) -> Option<Layer> {
        let all = layer.area();
        let may_overlap = rng.random_bool(OVERLAP);
        let (width, height) = layer.size();
        for _ in 0..PLACES {
            let middle = |side: u32, own: u32, rng: &mut _| {
                (between(0.0, side as f32, rng) - own as f32 / 2.0).round() as i64
            };
            layer.left = middle(self.size.0, width, rng);
            layer.top = middle(self.size.1, height, rng);
            let covered = self.covered(&layer);
            let inside: usize = layer.solid(self.size).count();
            let is_free = covered.iter().all(|&pixels| pixels == 0);
            let stays = |(&(all, seen), covered): (&(usize, usize), &usize)| {
                (seen - covered) as f32 >= UNCOVERED * all as f32
            };
            if inside as f32 >= INSIDE * all as f32
                && (is_free || may_overlap && self.areas.iter().zip(&covered).all(stays))
            {
                self.put(&layer, (all, inside), &covered);
                return Some(layer);
            }
        }
        None
    }

    /// Of every thing, the pixels that the layer would hide.
    fn covered(&self, layer: &Layer) -> Vec<usize> {
        let mut covered = vec![0; self.areas.len()];
        for at in layer.solid(self.size).map(|at| self.index(at)) {
            if let Some(pixels) = covered.get_mut(usize::from(self.owner[at])) {
                *pixels += 1;
            }
        }
        covered
    }

    fn put(&mut self, layer: &Layer, areas: (usize, usize), covered: &[usize]) {
        self.areas.iter_mut().zip(covered).for_each(|((_, seen), covered)| *seen -= covered);
        let own = self.areas.len() as u8;
        for at in layer.solid(self.size) {
            let at = self.index(at);
            self.owner[at] = own;
        }
        self.areas.push(areas);
        self.labels.push(layer.label.clone());
    }

    fn index(&self, (x, y): (u32, u32)) -> usize {
        (y * self.size.0 + x) as usize
    }
}

/// One light for all things of a scene.
struct Sun {
    /// Where shadows fall, in radians clockwise from the right.
    direction: f32,
    /// How far, as a share of a thing's longer side.
    length: f32,
    softness: f32,
    strength: f32,
    /// How much brighter one side of the scene is than its middle.
    slope: f32,
}

impl Sun {
    fn random(rng: &mut impl Rng) -> Self {
        Self {
            direction: between(0.0, TAU, rng),
            length: between(0.0, 0.08, rng),
            softness: between(0.01, 0.06, rng),
            strength: between(0.15, 0.55, rng),
            slope: between(0.0, 0.25, rng),
        }
    }

    /// The wide shadow, and the dark line where a thing touches the ground.
    fn shadows(&self, longer: f32) -> [Shadow; 2] {
        let (down, right) = self.direction.sin_cos();
        let offset = |pixels: f32| (right * pixels, down * pixels);
        let wide = Shadow {
            offset: offset(self.length * longer),
            softness: (self.softness * longer).max(1.0),
            strength: self.strength,
        };
        [wide, Shadow { offset: offset(1.0), softness: 1.2, strength: 0.35 }]
    }

    /// Brighter towards the light, darker away from it.
    fn shine(&self, picture: &mut RgbImage) {
        let (down, right) = self.direction.sin_cos();
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let across = (x as f32 + 0.5) / width - 0.5;
            let along = (y as f32 + 0.5) / height - 0.5;
            let light = 1.0 - self.slope * (right * across + down * along);
            pixel.0 = pixel.0.map(|value| (f32::from(value) * light).round() as u8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::answer::Order;
    use super::super::super::chance::stream;
    use super::super::cutout::CutOut;
    use super::*;
    use image::{GrayImage, Luma, Rgb};
    use xtask::dataset::class_of;

    fn square(class: &str) -> CutOut {
        CutOut {
            label: class_of(class).unwrap(),
            picture: RgbImage::from_pixel(40, 40, Rgb([255, 0, 0])),
            cover: GrayImage::from_pixel(40, 40, Luma([255])),
        }
    }

    fn layer(class: &str, (left, top): (i64, i64)) -> Layer {
        let pose = Pose { longer: 40.0, angle: 0.0, mirrored: false, brightness: 1.0 };
        let mut layer = Layer::new(&square(class), &pose);
        (layer.left, layer.top) = (left, top);
        layer
    }

    fn scene(layers: &[Layer]) -> Scene {
        let size = (100, 100);
        let mut layout = Layout::new(size);
        for layer in layers {
            let covered = layout.covered(layer);
            let areas = (layer.area(), layer.solid(size).count());
            layout.put(layer, areas, &covered);
        }
        Scene { picture: RgbImage::new(100, 100), labels: layout.labels, owner: layout.owner }
    }

    const RULES: Rules = Rules { least: 0.1, max_items: 5, order: Order::Largest };

    #[test]
    fn what_lies_on_top_is_cut_out_of_what_lies_below() {
        let items = scene(&[layer("glass", (10, 10)), layer("food", (30, 30))]).items(&RULES);
        let areas: Vec<(String, usize)> =
            items.iter().map(|(item, mask)| (item.label.to_string(), mask.area())).collect();
        assert_eq!(areas, [("glass".into(), 1600 - 400), ("food".into(), 1600)]);
        assert_eq!(items[0].1.intersection(&items[1].1), 0);
        let glass = &items[0].0;
        assert!(glass.mask.alpha()[0] > 0.99 && glass.mask.alpha()[64 * 64 - 1] < 0.01);
        assert_eq!(Some(glass.bbox), items[0].1.bbox().as_ref().and_then(on_bins));
    }

    #[test]
    fn no_thing_is_hidden_by_the_next() {
        let mut rng = stream(0, 0);
        for _ in 0..20 {
            let mut layout = Layout::new((160, 120));
            for _ in 0..6 {
                layout.place(layer("metal", (0, 0)), &mut rng);
            }
            assert!(layout.areas.len() >= 3);
            for (index, &(all, seen)) in layout.areas.iter().enumerate() {
                let owned = layout.owner.iter().filter(|&&o| usize::from(o) == index).count();
                assert_eq!(owned, seen);
                assert!(seen as f32 >= UNCOVERED * all as f32, "{seen} of {all}");
            }
        }
    }

    #[test]
    fn a_thing_that_fits_nowhere_is_left_out() {
        let mut layout = Layout::new((30, 30));
        assert!(layout.place(layer("metal", (0, 0)), &mut stream(0, 0)).is_none());
        assert!(layout.labels.is_empty());
    }

    #[test]
    fn scenes_have_the_shapes_of_photos() {
        for number in 0..20 {
            let (width, height) = shape(448, &mut stream(3, number));
            assert_eq!(width.max(height), 448);
            assert!(width.min(height) >= 252);
        }
    }
}
