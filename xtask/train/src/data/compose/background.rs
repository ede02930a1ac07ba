//! Grounds to lay things on.

use std::fs;
use std::path::{Path, PathBuf};

use image::RgbImage;
use image::imageops::{self, FilterType, crop_imm};
use kerbside_core::photo::Frame;
use rand::Rng;
use xtask::failure::{Failure, Result};

use super::super::chance::{between, one_of};
use super::super::view::picture_of;

/// Grounds by the folder they lie in: a folder is drawn first, so that a large collection does not
/// drown a small one.
#[derive(Debug)]
pub struct Backgrounds(Vec<Vec<PathBuf>>);

/// A ground with a shorter side is laid as tiles, so many to the scene's longer side.
const TILE_SIDE: u32 = 256;
const TILES: (f32, f32) = (1.0, 3.0);

/// Of a larger ground, the share of its shorter side that is seen.
const SEEN: (f32, f32) = (0.5, 1.0);

impl Backgrounds {
    /// Finds all pictures below `folder`.
    ///
    /// # Errors
    /// If a folder cannot be read or there is no picture.
    pub fn open(folder: &Path) -> Result<Self> {
        let mut found = Vec::new();
        gather(folder, &mut found)?;
        if found.is_empty() {
            let words = format!("{} holds no picture (jpg, png, webp)", folder.display());
            return Err(Failure::new(words));
        }
        Ok(Self(found))
    }

    /// A ground of `size`, mirrored or turned as it comes.
    ///
    /// # Errors
    /// If its picture cannot be read.
    pub fn draw(&self, size: (u32, u32), rng: &mut impl Rng) -> Result<RgbImage> {
        let folder: &Vec<PathBuf> = one_of(&self.0, rng);
        let path = one_of(folder, rng);
        let bytes = fs::read(path).map_err(|e| Failure::io(path, &e))?;
        let frame =
            Frame::from_encoded(&bytes).map_err(|e| Failure::from(e).during(path.display()))?;
        let texture = quarter_turned(picture_of(frame), rng);
        let part = match texture.width().min(texture.height()) {
            ..TILE_SIDE => tiled(&texture, size, rng),
            _ => part(&texture, size, rng),
        };
        Ok(imageops::resize(&part, size.0, size.1, FilterType::CatmullRom))
    }
}

/// The pictures of a folder, then those of each folder in it, in the order of their names.
fn gather(folder: &Path, found: &mut Vec<Vec<PathBuf>>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|e| Failure::io(folder, &e))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| Failure::io(folder, &e))?.path());
    }
    paths.sort();
    let is_picture = |path: &&PathBuf| {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        ["jpg", "jpeg", "png", "webp"].contains(&ending.to_lowercase().as_str())
    };
    let pictures: Vec<PathBuf> = paths.iter().filter(is_picture).cloned().collect();
    if !pictures.is_empty() {
        found.push(pictures);
    }
    paths.iter().filter(|path| path.is_dir()).try_for_each(|folder| gather(folder, found))
}

fn quarter_turned(texture: RgbImage, rng: &mut impl Rng) -> RgbImage {
    match rng.random_range(0..4) {
        0 => texture,
        1 => imageops::rotate90(&texture),
        2 => imageops::rotate180(&texture),
        _ => imageops::flip_horizontal(&texture),
    }
}

/// Tiles from anywhere in the pattern, in the scene's shape.
fn tiled(texture: &RgbImage, (width, height): (u32, u32), rng: &mut impl Rng) -> RgbImage {
    let tiles = between(TILES.0, TILES.1, rng) * texture.width() as f32 / width.max(height) as f32;
    let side = |side: u32| ((side as f32 * tiles).round() as u32).max(1);
    let (left, top) = (rng.random_range(0..texture.width()), rng.random_range(0..texture.height()));
    RgbImage::from_fn(side(width), side(height), |x, y| {
        *texture.get_pixel((left + x) % texture.width(), (top + y) % texture.height())
    })
}

/// A part of a large ground in the scene's shape.
fn part(texture: &RgbImage, (width, height): (u32, u32), rng: &mut impl Rng) -> RgbImage {
    let fits = (texture.width() as f32 / width as f32).min(texture.height() as f32 / height as f32);
    let scale = fits * between(SEEN.0, SEEN.1, rng);
    let side = |side: u32, most: u32| ((side as f32 * scale) as u32).clamp(1, most);
    let (across, down) = (side(width, texture.width()), side(height, texture.height()));
    let left = rng.random_range(0..=texture.width() - across);
    let top = rng.random_range(0..=texture.height() - down);
    crop_imm(texture, left, top, across, down).to_image()
}

#[cfg(test)]
mod tests {
    use super::super::super::chance::stream;
    use super::*;

    #[test]
    fn grounds_of_any_size_and_depth_fill_the_scene() {
        let folder = tempfile::tempdir().unwrap();
        let refused = Backgrounds::open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("holds no picture"), "{refused}");
        fs::create_dir(folder.path().join("deep")).unwrap();
        RgbImage::from_pixel(16, 24, image::Rgb([9; 3])).save(folder.path().join("a.png")).unwrap();
        let large = folder.path().join("deep/b.png");
        RgbImage::from_pixel(500, 300, image::Rgb([99; 3])).save(large).unwrap();
        let backgrounds = Backgrounds::open(folder.path()).unwrap();
        let mut seen = Vec::new();
        for number in 0..12 {
            let ground = backgrounds.draw((80, 60), &mut stream(0, number)).unwrap();
            assert_eq!(ground.dimensions(), (80, 60));
            seen.push(ground.get_pixel(40, 30).0[0]);
        }
        assert!(seen.contains(&9) && seen.contains(&99), "{seen:?}");
    }
}
