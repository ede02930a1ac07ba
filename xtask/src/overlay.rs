//! A photo with its items outlined, filled with a pattern per class, numbered and named.
//!
//! Colours are Okabe and Ito's eight and a grey, which colour-blind people tell apart
//! (<https://jfly.uni-koeln.de/color/>); the pattern and the name say the same without colour.

use std::io::Cursor;
use std::path::Path;

use image::imageops::{FilterType, resize};
use image::{ImageFormat, Rgb, RgbImage};
use kerbside_core::detection::{BBox, Detection};
use kerbside_core::mask::{BinaryMask, Point, Polygon};
use kerbside_core::photo::Frame;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use kerbside_core::engine::CLASSES;
use kerbside_core::store;

use crate::failure::{Failure, Result};

/// Below this the longer side is enlarged, so that outlines and names can be read.
const LEAST_SIDE: u32 = 1024;

const BLACK: Rgb<u8> = Rgb([0, 0, 0]);
const WHITE: Rgb<u8> = Rgb([255, 255, 255]);

/// Draws `detections` onto a copy of the photo and writes it as `path`'s ending says, e.g. PNG: all
/// of it, or nothing.
///
/// # Errors
/// If the file cannot be written or its ending names no known format.
pub fn draw_to_file(frame: &Frame, detections: &[Detection], path: &Path) -> Result<()> {
    let named = |e| Failure::from(e).during(path.display());
    let format = ImageFormat::from_path(path).map_err(named)?;
    let mut picture = Cursor::new(Vec::new());
    draw(frame, detections).write_to(&mut picture, format).map_err(named)?;
    store::replace(path, picture.get_ref()).map_err(|e| Failure::io(path, &e))
}

/// Draws `detections` onto a copy of the photo, enlarged to at least 1024 pixels.
pub fn draw(frame: &Frame, detections: &[Detection]) -> RgbImage {
    draw_at(frame, detections, LEAST_SIDE)
}

/// Draws `detections` onto a copy of the photo, enlarged to at least `least` pixels. Lines and
/// letters have one size whatever the photo's.
pub fn draw_at(frame: &Frame, detections: &[Detection], least: u32) -> RgbImage {
    let mut canvas = scaled(frame, least, usize::MAX);
    for detection in detections {
        let style = Style::of(detection.label.as_str());
        let polygons = outline(detection);
        fill(&mut canvas, &polygons, style);
        stroke(&mut canvas, &polygons, style.colour, &STROKES);
    }
    let numbered =
        |(index, detection): (usize, &Detection)| format!("{} {}", index + 1, detection.label);
    name_all(&mut canvas, detections, detections.iter().enumerate().map(numbered));
    canvas
}

/// Draws what people outlined (`truth`, thin and white) and what was found (in the colour of its
/// class, with its caption) onto a copy of the photo of at least 1024 pixels and at most `most`.
pub fn compare(
    frame: &Frame,
    most: usize,
    truth: &[Polygon],
    detections: &[Detection],
    captions: &[String],
) -> RgbImage {
    let mut canvas = scaled(frame, LEAST_SIDE, most);
    for detection in detections {
        let style = Style::of(detection.label.as_str());
        stroke(&mut canvas, &outline(detection), style.colour, &STROKES);
    }
    stroke(&mut canvas, truth, WHITE, &THIN);
    name_all(&mut canvas, detections, captions.iter().cloned());
    canvas
}

/// Last, so that no item covers another's name.
fn name_all(
    canvas: &mut RgbImage,
    detections: &[Detection],
    captions: impl Iterator<Item = String>,
) {
    let mut taken = Vec::new();
    for (detection, text) in detections.iter().zip(captions) {
        let style = Style::of(detection.label.as_str());
        name(canvas, &text, &detection.bbox, style.colour, &mut taken);
    }
}

/// The photo with a longer side of at least `least` and at most `most` pixels.
fn scaled(frame: &Frame, least: u32, most: usize) -> RgbImage {
    let (width, height) = (frame.width() as u32, frame.height() as u32);
    let photo = RgbImage::from_raw(width, height, frame.pixels().to_vec())
        .expect("a frame has three bytes a pixel");
    let longer = width.max(height);
    let wanted = longer.min(most.try_into().unwrap_or(u32::MAX)).max(least);
    if longer == wanted {
        return photo;
    }
    let side = |side: u32| (u64::from(side) * u64::from(wanted) / u64::from(longer)).max(1) as u32;
    resize(&photo, side(width), side(height), FilterType::CatmullRom)
}

/// The item's outline; without a mask, its box.
fn outline(detection: &Detection) -> Vec<Polygon> {
    let bbox = &detection.bbox;
    match &detection.mask {
        Some(mask) => mask.outline(bbox),
        None => {
            let corners =
                [(bbox.x1, bbox.y1), (bbox.x2, bbox.y1), (bbox.x2, bbox.y2), (bbox.x1, bbox.y2)];
            vec![Polygon { outer: corners.map(|(x, y)| Point { x, y }).to_vec(), holes: vec![] }]
        }
    }
}

/// How a class looks.
#[derive(Debug, Clone, Copy)]
struct Style {
    colour: Rgb<u8>,
    /// Whether the pattern's line or dot covers the pixel `(x, y)`.
    pattern: fn(i32, i32) -> bool,
}

/// In the order of [`CLASSES`]; the last also stands for names that are none of them.
const STYLES: [Style; CLASSES.len()] = [
    Style { colour: Rgb([86, 180, 233]), pattern: |x, y| (x + y).rem_euclid(16) < 4 },
    Style { colour: Rgb([0, 158, 115]), pattern: |x, y| is_dot(x, y, 14, 4) },
    Style { colour: Rgb([0, 114, 178]), pattern: |_, y| y.rem_euclid(12) < 3 },
    Style { colour: Rgb([230, 159, 0]), pattern: |x, y| is_diagonal_cross(x, y, 20) },
    Style { colour: Rgb([240, 228, 66]), pattern: |x, y| (x - y).rem_euclid(16) < 4 },
    Style {
        colour: Rgb([204, 121, 167]),
        pattern: |x, y| is_dot(x, y, 24, 9) && !is_dot(x, y, 24, 6),
    },
    Style {
        colour: Rgb([213, 94, 0]),
        pattern: |x, y| (x.div_euclid(8) + y.div_euclid(8)) % 2 == 0,
    },
    Style { colour: Rgb([153, 153, 153]), pattern: |x, _| x.rem_euclid(12) < 3 },
    Style { colour: Rgb([0, 0, 0]), pattern: |x, y| x.rem_euclid(14) < 2 || y.rem_euclid(14) < 2 },
];

impl Style {
    fn of(label: &str) -> Self {
        let class = CLASSES.iter().position(|class| *class == label);
        STYLES[class.unwrap_or(CLASSES.len() - 1)]
    }
}

/// A disc of `radius` in the middle of every cell of `pitch`, every other row shifted.
fn is_dot(x: i32, y: i32, pitch: i32, radius: i32) -> bool {
    let shift = if y.div_euclid(pitch) % 2 == 0 { 0 } else { pitch / 2 };
    let (dx, dy) = ((x + shift).rem_euclid(pitch) - pitch / 2, y.rem_euclid(pitch) - pitch / 2);
    dx * dx + dy * dy <= radius * radius
}

fn is_diagonal_cross(x: i32, y: i32, pitch: i32) -> bool {
    (x + y).rem_euclid(pitch) < 3 || (x - y).rem_euclid(pitch) < 3
}

/// How opaque the ground of a pattern is, and its lines.
const GROUND: f32 = 0.15;
const LINES: f32 = 0.75;

fn fill(canvas: &mut RgbImage, polygons: &[Polygon], style: Style) {
    let mut inside = BinaryMask::new(canvas.width() as usize, canvas.height() as usize);
    polygons.iter().for_each(|polygon| inside.fill(polygon));
    for (x, y, pixel) in canvas.enumerate_pixels_mut() {
        if inside.get(x as usize, y as usize) {
            let is_line = (style.pattern)(x as i32, y as i32);
            blend(pixel, style.colour, if is_line { LINES } else { GROUND });
        }
    }
}

/// Half the width of a line and its colour; none takes that of the class.
type Stroke = (f32, Option<Rgb<u8>>);

/// An outline is black, white and coloured: dark and light, so that it shows on any ground.
const STROKES: [Stroke; 3] = [(6.0, Some(BLACK)), (4.0, Some(WHITE)), (2.0, None)];
const THIN: [Stroke; 2] = [(2.0, Some(BLACK)), (1.0, None)];

fn stroke(canvas: &mut RgbImage, polygons: &[Polygon], colour: Rgb<u8>, strokes: &[Stroke]) {
    let distance = distances(canvas, polygons);
    for &(half_width, fixed) in strokes {
        let colour = fixed.unwrap_or(colour);
        for (pixel, distance) in canvas.pixels_mut().zip(&distance) {
            // A pixel that the stroke's edge goes through is covered in part.
            blend(pixel, colour, (half_width + 0.5 - distance).clamp(0.0, 1.0));
        }
    }
}

/// Of every pixel `[height, width]`, how far the nearest outline is; infinite where far away.
fn distances(canvas: &RgbImage, polygons: &[Polygon]) -> Vec<f32> {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let mut distance = vec![f32::INFINITY; (canvas.width() * canvas.height()) as usize];
    let reach = STROKES[0].0 + 1.0;
    let rings =
        polygons.iter().flat_map(|polygon| std::iter::once(&polygon.outer).chain(&polygon.holes));
    for ring in rings {
        let points: Vec<(f32, f32)> = ring.iter().map(|p| (p.x * width, p.y * height)).collect();
        for (&a, &b) in points.iter().zip(points.iter().cycle().skip(1)) {
            let span = |a: f32, b: f32, size: f32| {
                let first = (a.min(b) - reach).clamp(0.0, size) as usize;
                first..(a.max(b) + reach).clamp(0.0, size) as usize
            };
            for y in span(a.1, b.1, height) {
                for x in span(a.0, b.0, width) {
                    let near = &mut distance[y * canvas.width() as usize + x];
                    *near = near.min(distance_to_segment((x as f32 + 0.5, y as f32 + 0.5), a, b));
                }
            }
        }
    }
    distance
}

fn distance_to_segment(point: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = (dx * dx + dy * dy).max(f32::MIN_POSITIVE);
    let along = (((point.0 - a.0) * dx + (point.1 - a.1) * dy) / length).clamp(0.0, 1.0);
    (point.0 - a.0 - along * dx).hypot(point.1 - a.1 - along * dy)
}

fn blend(pixel: &mut Rgb<u8>, colour: Rgb<u8>, opacity: f32) {
    for (below, above) in pixel.0.iter_mut().zip(colour.0) {
        *below =
            (f32::from(*below) + (f32::from(above) - f32::from(*below)) * opacity).round() as u8;
    }
}

/// Left, top, width, height in pixels.
type Tag = (u32, u32, u32, u32);

/// Pixels between a name's letters and its tag's edge, the class's stripe included.
const MARGIN: u32 = 6;
const LETTERS: RasterHeight = RasterHeight::Size24;

/// Writes white on black beside a stripe of the class's colour.
fn name(canvas: &mut RgbImage, text: &str, bbox: &BBox, colour: Rgb<u8>, taken: &mut Vec<Tag>) {
    let advance = get_raster_width(FontWeight::Bold, LETTERS) as u32;
    let width = text.chars().count() as u32 * advance + 3 * MARGIN;
    let height = LETTERS.val() as u32 + MARGIN;
    let (left, top) = place(canvas.dimensions(), (width, height), bbox, taken);
    taken.push((left, top, width, height));
    paint(canvas, (left, top, width, height), BLACK);
    paint(canvas, (left, top, MARGIN, height), colour);
    for (index, letter) in text.chars().enumerate() {
        let left = left + 2 * MARGIN + index as u32 * advance;
        write(canvas, letter, left, top + MARGIN / 2);
    }
}

/// The left top corner of a tag of `size`: above the box, else below, right or left of it, wherever
/// no other tag stands; in a crowd, further down.
fn place(canvas: (u32, u32), size: (u32, u32), bbox: &BBox, taken: &[Tag]) -> (u32, u32) {
    let pixel = |share: f32, side: u32| (share * side as f32).round() as i64;
    let (left, right) = (pixel(bbox.x1, canvas.0), pixel(bbox.x2, canvas.0));
    let (top, bottom) = (pixel(bbox.y1, canvas.1), pixel(bbox.y2, canvas.1));
    let (width, height) = (i64::from(size.0), i64::from(size.1));
    // Clear of the outline, half of which lies outside the box.
    let gap = STROKES[0].0 as i64;
    let inside = |(x, y): (i64, i64)| {
        let last = (i64::from(canvas.0) - width, i64::from(canvas.1) - height);
        (x.clamp(0, last.0.max(0)) as u32, y.clamp(0, last.1.max(0)) as u32)
    };
    let meeting = |(x, y): (u32, u32)| {
        let meets = |tag: &&Tag| {
            x < tag.0 + tag.2 && tag.0 < x + size.0 && y < tag.1 + tag.3 && tag.1 < y + size.1
        };
        taken.iter().find(meets)
    };
    let above = (left, top - gap - height);
    let beside = [above, (left, bottom + gap), (right + gap, top), (left - gap - width, top)];
    let fits = |&&place: &&(i64, i64)| {
        let (x, y) = inside(place);
        (i64::from(x), i64::from(y)) == place && meeting((x, y)).is_none()
    };
    if let Some(&free) = beside.iter().find(fits) {
        return inside(free);
    }
    let mut at = inside(above);
    while let Some(tag) = meeting(at) {
        at.1 = tag.1 + tag.3;
    }
    at
}

fn paint(canvas: &mut RgbImage, (left, top, width, height): Tag, colour: Rgb<u8>) {
    for y in top..(top + height).min(canvas.height()) {
        for x in left..(left + width).min(canvas.width()) {
            canvas.put_pixel(x, y, colour);
        }
    }
}

fn write(canvas: &mut RgbImage, letter: char, left: u32, top: u32) {
    let known = get_raster(letter, FontWeight::Bold, LETTERS);
    let Some(glyph) = known.or_else(|| get_raster('?', FontWeight::Bold, LETTERS)) else { return };
    for (y, row) in glyph.rows().enumerate() {
        for (x, &ink) in row.iter().enumerate() {
            if let Some(pixel) = canvas.get_pixel_mut_checked(left + x as u32, top + y as u32) {
                blend(pixel, WHITE, f32::from(ink) / 255.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kerbside_core::detection::Label;
    use kerbside_core::mask::Mask;

    use super::*;

    fn frame(width: usize, height: usize) -> Frame {
        Frame::from_rgb(width, height, vec![90; width * height * 3]).unwrap()
    }

    fn disc(label: &str, [y1, x1, y2, x2]: [f32; 4]) -> Detection {
        let mask = Mask::from_fn(|x, y| 30.0 - (x as f32 - 31.5).hypot(y as f32 - 31.5));
        Detection {
            label: Label::new(label).unwrap(),
            bbox: BBox { y1, x1, y2, x2 },
            codes: None,
            mask: Some(mask),
            confidence: 1.0,
        }
    }

    #[test]
    fn small_photos_are_enlarged_and_large_ones_kept() {
        let small = draw(&frame(320, 160), &[]);
        assert_eq!(small.dimensions(), (1024, 512));
        assert_eq!(draw(&frame(1100, 40), &[]).dimensions(), (1100, 40));
    }

    #[test]
    fn an_item_is_filled_inside_and_left_alone_outside() {
        let drawn = draw(&frame(1024, 1024), &[disc("metal", [0.25, 0.25, 0.75, 0.75])]);
        assert_eq!(*drawn.get_pixel(10, 1000), Rgb([90; 3]));
        assert_ne!(*drawn.get_pixel(512, 512), Rgb([90; 3]));
        // Across the left edge: black, white, colour, white, black.
        let edge: Vec<Rgb<u8>> = (250..300).map(|x| *drawn.get_pixel(x, 512)).collect();
        let position = |colour| edge.iter().position(|pixel| *pixel == colour).unwrap();
        let metal = Style::of("metal").colour;
        assert!(position(BLACK) < position(WHITE) && position(WHITE) < position(metal));
    }

    #[test]
    fn every_class_has_a_colour_and_a_pattern_of_its_own() {
        let look = |style: &Style| -> Vec<bool> {
            (0..48 * 48).map(|at| (style.pattern)(at % 48, at / 48)).collect()
        };
        for (index, style) in STYLES.iter().enumerate() {
            let covered = look(style).iter().filter(|&&line| line).count();
            assert!((150..1300).contains(&covered), "{}: {covered}", CLASSES[index]);
            for other in &STYLES[..index] {
                assert_ne!(style.colour, other.colour);
                assert_ne!(look(style), look(other));
            }
        }
    }

    #[test]
    fn truth_is_a_thin_line_beside_the_prediction() {
        let ring = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)];
        let outer = ring.map(|(x, y)| Point { x, y }).to_vec();
        let truth = [Polygon { outer, holes: vec![] }];
        let found = [disc("metal", [0.3, 0.3, 0.7, 0.7])];
        let drawn = compare(&frame(3000, 3000), 1200, &truth, &found, &["1 metal, sure".into()]);
        assert_eq!(drawn.dimensions(), (1200, 1200));
        let row: Vec<Rgb<u8>> = (100..400).map(|x| *drawn.get_pixel(x, 600)).collect();
        let white = row.iter().position(|pixel| *pixel == WHITE).unwrap();
        assert!((15..25).contains(&white), "the truth's left edge is at 120 pixels: {white}");
        assert!(row.contains(&Style::of("metal").colour));
        // Nothing is filled: what lies inside can be seen.
        assert_eq!(*drawn.get_pixel(600, 600), Rgb([90; 3]));
    }

    #[test]
    fn names_do_not_cover_each_other_nor_leave_the_photo() {
        let bbox = BBox { y1: 0.2, x1: 0.9, y2: 0.5, x2: 1.0 };
        let mut taken: Vec<Tag> = Vec::new();
        for _ in 0..6 {
            let (left, top) = place((400, 300), (120, 30), &bbox, &taken);
            assert!(left + 120 <= 400 && top + 30 <= 300);
            for tag in &taken {
                assert!(left.abs_diff(tag.0) >= 120 || top.abs_diff(tag.1) >= 30, "{taken:?}");
            }
            taken.push((left, top, 120, 30));
        }
    }

    #[test]
    fn a_name_stands_above_its_item_and_below_where_there_is_no_room() {
        let bbox = BBox { y1: 0.5, x1: 0.1, y2: 0.7, x2: 0.6 };
        assert_eq!(place((400, 300), (120, 30), &bbox, &[]), (40, 150 - 6 - 30));
        let high = BBox { y1: 0.0, ..bbox };
        assert_eq!(place((400, 300), (120, 30), &high, &[]), (40, 210 + 6));
    }

    #[test]
    fn a_box_stands_for_a_missing_mask_and_any_letter_can_be_asked_for() {
        let boxed = Detection { mask: None, ..disc("Öl 漢", [0.2, 0.2, 0.6, 0.6]) };
        let drawn = draw(&frame(64, 64), &[boxed]);
        assert_ne!(*drawn.get_pixel(400, 400), Rgb([90; 3]));
    }
}
