//! Other light, other camera: colours, noise and blur change, outlines do not.

use image::{RgbImage, imageops};
use rand::Rng;

use super::chance::{between, normal};

/// What happens to a picture's colours.
#[derive(Debug, Clone, PartialEq)]
pub struct Light {
    /// How far colours are from grey; 1 leaves them.
    pub saturation: f32,
    /// How far pixels are from the picture's mean; 1 leaves them.
    pub contrast: f32,
    /// What the mean is multiplied with.
    pub brightness: f32,
    /// What red, green and blue are multiplied with.
    pub cast: [f32; 3],
    /// Deviation of each channel's noise, in steps of 256.
    pub noise: f32,
    /// Deviation of a Gaussian blur, in pixels.
    pub blur: f32,
}

impl Light {
    /// As it differs between photos: noise and blur are rare.
    pub fn random(rng: &mut impl Rng) -> Self {
        let mut at_times =
            |low, high| if rng.random_bool(0.15) { between(low, high, rng) } else { 0.0 };
        let (noise, blur) = (at_times(2.0, 8.0), at_times(0.3, 1.2));
        Self {
            saturation: between(0.6, 1.4, rng),
            contrast: between(0.75, 1.25, rng),
            brightness: between(0.75, 1.25, rng),
            cast: std::array::from_fn(|_| (0.05 * normal(rng)).exp()),
            noise,
            blur,
        }
    }

    /// Changes a picture.
    pub fn fall_on(&self, picture: RgbImage, rng: &mut impl Rng) -> RgbImage {
        let mut picture = picture;
        let mean = mean(&picture);
        for pixel in picture.pixels_mut() {
            let [r, g, b] = pixel.0.map(f32::from);
            let grey = (r + g + b) / 3.0;
            for (channel, value) in [r, g, b].into_iter().enumerate() {
                let coloured = grey + (value - grey) * self.saturation;
                let lit = (coloured - mean) * self.contrast + mean * self.brightness;
                let noise = if self.noise > 0.0 { self.noise * normal(rng) } else { 0.0 };
                // The cast saturates at 0 and 255.
                pixel.0[channel] = (lit * self.cast[channel] + noise).round() as u8;
            }
        }
        if self.blur > 0.0 { imageops::fast_blur(&picture, self.blur) } else { picture }
    }
}

/// Of all channels, `0..=255`.
fn mean(picture: &RgbImage) -> f32 {
    let sum: u64 = picture.as_raw().iter().map(|&value| u64::from(value)).sum();
    sum as f32 / picture.as_raw().len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::super::chance::stream;
    use super::*;

    const SAME: Light = Light {
        saturation: 1.0,
        contrast: 1.0,
        brightness: 1.0,
        cast: [1.0; 3],
        noise: 0.0,
        blur: 0.0,
    };

    fn picture() -> RgbImage {
        RgbImage::from_fn(8, 8, |x, y| Rgb([(x * 30) as u8, (y * 30) as u8, 120]))
    }

    #[test]
    fn neutral_light_changes_nothing() {
        assert_eq!(SAME.fall_on(picture(), &mut stream(0, 0)), picture());
    }

    #[test]
    fn brightness_saturation_and_cast_do_what_they_are_called() {
        let lit = |light: Light| light.fall_on(picture(), &mut stream(0, 0));
        assert!(mean(&lit(Light { brightness: 1.2, ..SAME })) > 1.15 * mean(&picture()));
        let grey = lit(Light { saturation: 0.0, ..SAME });
        assert!(grey.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]));
        let red = lit(Light { cast: [1.5, 1.0, 1.0], ..SAME });
        assert_eq!(red.get_pixel(4, 2).0, [180, 60, 120]);
    }

    #[test]
    fn noise_and_blur_are_drawn_from_the_seed() {
        let noisy = Light { noise: 5.0, blur: 1.0, ..SAME };
        let lit = |seed| noisy.fall_on(picture(), &mut stream(seed, 0));
        assert_eq!(lit(1), lit(1));
        assert_ne!(lit(1), lit(2));
    }
}
