//! A contact sheet: samples as their answers say them, decoded from the tokens. What is wrong with
//! the data is seen here first.

use std::path::Path;

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use kerbside_core::detection::{self, BBox, Detection};
use kerbside_core::mask::MaskCodec;
use kerbside_core::photo::Frame;
use xtask::failure::{Failure, Result};
use xtask::overlay;

use super::sample::Sample;
use super::view::picture_of;

/// Pictures on a sheet.
pub const TILES: usize = 24;
const COLUMNS: u32 = 6;
/// Pixels of a picture's longer side.
const SIDE: u32 = 448;
const GAP: u32 = 8;
const GROUND: Rgb<u8> = Rgb([245, 245, 245]);

/// Draws the pictures of `samples` with the boxes, masks and words of their suffixes.
///
/// # Errors
/// If a sample is not well formed, or the file cannot be written.
pub fn write(samples: &[Sample], codec: &MaskCodec, path: &Path) -> Result<()> {
    let rows = (samples.len() as u32).div_ceil(COLUMNS).max(1);
    let pitch = SIDE + GAP;
    let mut sheet = RgbImage::from_pixel(COLUMNS * pitch + GAP, rows * pitch + GAP, GROUND);
    for (index, sample) in samples.iter().enumerate() {
        let tile = tile(sample, codec)?;
        let (column, row) = (index as u32 % COLUMNS, index as u32 / COLUMNS);
        let left = GAP + column * pitch + (SIDE - tile.width()) / 2;
        let top = GAP + row * pitch + (SIDE - tile.height()) / 2;
        imageops::replace(&mut sheet, &tile, i64::from(left), i64::from(top));
    }
    sheet.save(path).map_err(|e| Failure::from(e).during(path.display()))
}

fn tile(sample: &Sample, codec: &MaskCodec) -> Result<RgbImage> {
    let Some(picture) = &sample.image else { return Ok(RgbImage::new(SIDE, SIDE)) };
    let picture = fitted(&picture_of(Frame::from_encoded(&picture.bytes)?));
    let mut items = detection::parse(&sample.suffix)?;
    for item in &mut items {
        item.mask = item.codes.as_ref().map(|codes| codec.decode(codes));
    }
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let frame = Frame::from_rgb(width, height, picture.into_raw())?;
    let mut drawn = overlay::draw_at(&frame, &items, SIDE);
    items.iter().for_each(|item| frame_box(&mut drawn, item));
    Ok(drawn)
}

/// Shrunk or enlarged to the tile's side.
fn fitted(picture: &RgbImage) -> RgbImage {
    let longer = picture.width().max(picture.height());
    let scaled = |side: u32| (side * SIDE / longer).max(1);
    let (width, height) = (scaled(picture.width()), scaled(picture.height()));
    imageops::resize(picture, width, height, FilterType::CatmullRom)
}

/// A thin line, white and black in turns, so that it shows on any ground.
fn frame_box(picture: &mut RgbImage, Detection { bbox, .. }: &Detection) {
    let (width, height) = picture.dimensions();
    let pixel = |share: f32, side: u32| ((share * side as f32) as u32).min(side - 1);
    let BBox { y1, x1, y2, x2 } = *bbox;
    let (left, right) = (pixel(x1, width), pixel(x2, width));
    let (top, bottom) = (pixel(y1, height), pixel(y2, height));
    let mut dot = |x: u32, y: u32| {
        let is_white = (x + y) % 12 < 6;
        picture.put_pixel(x, y, Rgb([if is_white { 255 } else { 0 }; 3]));
    };
    (left..=right).for_each(|x| [top, bottom].into_iter().for_each(|y| dot(x, y)));
    (top..=bottom).for_each(|y| [left, right].into_iter().for_each(|x| dot(x, y)));
}
