//! A cut-out scaled, turned and put somewhere, and its shadow.

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma, Rgb, RgbImage};
use kerbside_core::detection::Label;

use super::cutout::CutOut;

/// Cover from which a pixel belongs to the thing.
const SOLID: u8 = 128;

/// A thing as it lies in a scene.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// What it is called.
    pub label: Label,
    picture: RgbImage,
    cover: GrayImage,
    /// The scene's column and row of its first pixel; may lie outside.
    pub left: i64,
    /// See `left`.
    pub top: i64,
}

/// How a cut-out is laid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Pixels of the longer side before turning.
    pub longer: f32,
    /// Clockwise, in radians.
    pub angle: f32,
    /// Whether left and right change places.
    pub mirrored: bool,
    /// What brightness is multiplied with.
    pub brightness: f32,
}

impl Layer {
    /// At the scene's left top corner; never more than half again as large as it was.
    pub fn new(cut: &CutOut, pose: &Pose) -> Self {
        let (width, height) = cut.picture.dimensions();
        let scale = (pose.longer / width.max(height) as f32).min(1.5);
        let side = |side: u32| ((side as f32 * scale).round() as u32).max(2);
        let size = (side(width), side(height));
        let mut picture = imageops::resize(&cut.picture, size.0, size.1, FilterType::CatmullRom);
        let mut cover = imageops::resize(&cut.cover, size.0, size.1, FilterType::Triangle);
        if pose.mirrored {
            imageops::flip_horizontal_in_place(&mut picture);
            imageops::flip_horizontal_in_place(&mut cover);
        }
        for pixel in picture.pixels_mut() {
            pixel.0 = pixel.0.map(|value| (f32::from(value) * pose.brightness).round() as u8);
        }
        let (picture, cover) = turned(&picture, &cover, pose.angle);
        Self { label: cut.label.clone(), picture, cover, left: 0, top: 0 }
    }

    /// Columns and rows.
    pub fn size(&self) -> (u32, u32) {
        self.picture.dimensions()
    }

    /// How many pixels the thing has, in sight or not.
    pub fn area(&self) -> usize {
        self.cover.pixels().filter(|cover| cover.0[0] >= SOLID).count()
    }

    /// The scene's pixels that belong to the thing.
    pub fn solid(&self, scene: (u32, u32)) -> impl Iterator<Item = (u32, u32)> {
        self.placed(scene)
            .filter(|(_, own)| self.cover.get_pixel(own.0, own.1).0[0] >= SOLID)
            .map(|(at, _)| at)
    }

    /// The layer's pixels that lie in the scene: there, and here.
    fn placed(&self, scene: (u32, u32)) -> impl Iterator<Item = ((u32, u32), (u32, u32))> {
        placed(self.size(), (self.left, self.top), scene)
    }

    /// Paints the thing over what is there.
    pub fn paint(&self, scene: &mut RgbImage) {
        for ((x, y), (own_x, own_y)) in self.placed(scene.dimensions()) {
            let cover = f32::from(self.cover.get_pixel(own_x, own_y).0[0]) / 255.0;
            let above = self.picture.get_pixel(own_x, own_y);
            mix(scene.get_pixel_mut(x, y), above, cover);
        }
    }

    /// Darkens the scene where light from the other side does not reach it.
    pub fn cast(&self, scene: &mut RgbImage, shadow: &Shadow) {
        let margin = (3.0 * shadow.softness).ceil() as u32 + 1;
        let (width, height) = self.size();
        let mut shade = GrayImage::new(width + 2 * margin, height + 2 * margin);
        imageops::replace(&mut shade, &self.cover, i64::from(margin), i64::from(margin));
        let shade = imageops::fast_blur(&shade, shadow.softness);
        let left = self.left - i64::from(margin) + shadow.offset.0.round() as i64;
        let top = self.top - i64::from(margin) + shadow.offset.1.round() as i64;
        let black = Rgb([0; 3]);
        for ((x, y), (own_x, own_y)) in placed(shade.dimensions(), (left, top), scene.dimensions())
        {
            let cover = f32::from(shade.get_pixel(own_x, own_y).0[0]) / 255.0;
            mix(scene.get_pixel_mut(x, y), &black, cover * shadow.strength);
        }
    }
}

/// A shadow on the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shadow {
    /// Right and down, in pixels.
    pub offset: (f32, f32),
    /// Deviation of its blur, in pixels.
    pub softness: f32,
    /// Share of the light that it takes.
    pub strength: f32,
}

fn placed(
    own: (u32, u32),
    (left, top): (i64, i64),
    scene: (u32, u32),
) -> impl Iterator<Item = ((u32, u32), (u32, u32))> {
    let span = move |first: i64, own: u32, scene: u32| {
        let from = (-first).clamp(0, i64::from(own)) as u32;
        let to = (i64::from(scene) - first).clamp(i64::from(from), i64::from(own)) as u32;
        from..to
    };
    span(top, own.1, scene.1).flat_map(move |y| {
        span(left, own.0, scene.0)
            .map(move |x| (((left + i64::from(x)) as u32, (top + i64::from(y)) as u32), (x, y)))
    })
}

fn mix(below: &mut Rgb<u8>, above: &Rgb<u8>, cover: f32) {
    for (below, above) in below.0.iter_mut().zip(above.0) {
        *below = (f32::from(*below) * (1.0 - cover) + f32::from(above) * cover).round() as u8;
    }
}

/// Both pictures turned around their middle, bilinear; what turns in from outside is not covered.
fn turned(picture: &RgbImage, cover: &GrayImage, angle: f32) -> (RgbImage, GrayImage) {
    let (sin, cos) = angle.sin_cos();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let side = |along: f32, across: f32| (along.abs() + across.abs()).ceil().max(1.0) as u32;
    let size = (side(width * cos, height * sin), side(width * sin, height * cos));
    let source = |x: u32, y: u32| {
        let (dx, dy) = (x as f32 + 0.5 - size.0 as f32 / 2.0, y as f32 + 0.5 - size.1 as f32 / 2.0);
        // Backwards: where the pixel was before it was turned.
        (dx * cos + dy * sin + width / 2.0 - 0.5, dy * cos - dx * sin + height / 2.0 - 0.5)
    };
    let mut turned = (RgbImage::new(size.0, size.1), GrayImage::new(size.0, size.1));
    for y in 0..size.1 {
        for x in 0..size.0 {
            let at = source(x, y);
            // Edges of the picture go on, edges of the cover do not.
            let near = (at.0.clamp(0.0, width - 1.0), at.1.clamp(0.0, height - 1.0));
            let outside = (at.0 - near.0).abs().max((at.1 - near.1).abs());
            let taps = taps(near, picture.dimensions());
            let sum = |value: &dyn Fn(u32, u32) -> u8| -> f32 {
                taps.iter().map(|&(x, y, weight)| f32::from(value(x, y)) * weight).sum()
            };
            let channel = |c: usize| sum(&|x, y| picture.get_pixel(x, y).0[c]).round() as u8;
            turned.0.put_pixel(x, y, Rgb([channel(0), channel(1), channel(2)]));
            let cover = sum(&|x, y| cover.get_pixel(x, y).0[0]) * (1.0 - outside).max(0.0);
            turned.1.put_pixel(x, y, Luma([cover.round() as u8]));
        }
    }
    turned
}

/// The four pixels around a point inside the picture, and their weights.
fn taps((x, y): (f32, f32), (width, height): (u32, u32)) -> [(u32, u32, f32); 4] {
    let (left, top) = (x as u32, y as u32);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (u, v) = (x - left as f32, y - top as f32);
    [
        (left, top, (1.0 - u) * (1.0 - v)),
        (right, top, u * (1.0 - v)),
        (left, bottom, (1.0 - u) * v),
        (right, bottom, u * v),
    ]
}

#[cfg(test)]
mod tests {
    use std::f32::consts::{FRAC_PI_2, FRAC_PI_4};

    use xtask::dataset::class_of;

    use super::*;

    fn bar() -> CutOut {
        CutOut {
            label: class_of("metal").unwrap(),
            picture: RgbImage::from_pixel(40, 10, Rgb([200, 100, 0])),
            cover: GrayImage::from_pixel(40, 10, Luma([255])),
        }
    }

    const AS_IT_IS: Pose = Pose { longer: 40.0, angle: 0.0, mirrored: false, brightness: 1.0 };

    #[test]
    fn a_thing_keeps_its_area_when_it_is_turned() {
        for angle in [0.0, FRAC_PI_4, FRAC_PI_2, 2.0] {
            let area = Layer::new(&bar(), &Pose { angle, ..AS_IT_IS }).area();
            assert!(area.abs_diff(400) < 30, "{angle}: {area}");
        }
        let turned = Layer::new(&bar(), &Pose { angle: FRAC_PI_2, ..AS_IT_IS });
        assert!(turned.size().0 <= 11 && turned.size().1 >= 40);
        assert_eq!(Layer::new(&bar(), &Pose { longer: 20.0, ..AS_IT_IS }).size(), (20, 5));
        assert_eq!(Layer::new(&bar(), &Pose { longer: 400.0, ..AS_IT_IS }).size(), (60, 15));
    }

    #[test]
    fn clockwise_is_clockwise() {
        let mut cut = bar();
        cut.picture.put_pixel(0, 5, Rgb([0, 0, 255]));
        let turned = Layer::new(&cut, &Pose { angle: FRAC_PI_2, ..AS_IT_IS });
        let blue = turned.picture.enumerate_pixels().max_by_key(|(.., p)| p.0[2]).unwrap();
        assert!(blue.1 < 3, "what was left is on top: {blue:?}");
    }

    #[test]
    fn what_lies_outside_the_scene_is_not_painted() {
        let mut layer = Layer::new(&bar(), &AS_IT_IS);
        (layer.left, layer.top) = (-30, 15);
        let mut scene = RgbImage::from_pixel(50, 20, Rgb([10; 3]));
        layer.paint(&mut scene);
        let painted = scene.pixels().filter(|p| p.0[0] == 200).count();
        assert_eq!(painted, 10 * 5);
        assert_eq!(layer.solid((50, 20)).count(), 50);
        assert_eq!(layer.solid((50, 20)).max(), Some((9, 19)));
        (layer.left, layer.top) = (60, -40);
        assert_eq!(layer.solid((50, 20)).count(), 0);
    }

    #[test]
    fn a_shadow_falls_to_its_side_and_is_no_part_of_the_thing() {
        let mut layer = Layer::new(&bar(), &AS_IT_IS);
        (layer.left, layer.top) = (10, 10);
        let mut scene = RgbImage::from_pixel(60, 60, Rgb([200; 3]));
        let shadow = Shadow { offset: (0.0, 12.0), softness: 1.0, strength: 0.5 };
        layer.cast(&mut scene, &shadow);
        assert_eq!(scene.get_pixel(30, 26).0, [100; 3]);
        assert_eq!(scene.get_pixel(30, 12).0, [200; 3]);
        assert!(layer.solid((60, 60)).all(|(_, y)| y < 20));
    }
}
