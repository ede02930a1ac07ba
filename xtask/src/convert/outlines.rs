//! Drawn outlines that stand for those of things: what a codec's table of guesses is learned from.
//!
//! A superellipse (bottle, box, can, plate), tapered and dented by slow waves, lying about any way.
//! On the outlines of real waste, a table of these guesses one code in five, one of real outlines
//! one in four; these can be drawn wherever a pack is made.

use std::f32::consts::TAU;

use kerbside_core::mask::Mask;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Enough for every pair of codes that is at all frequent.
pub const COUNT: usize = 2000;
/// Points that a shape's extent is looked for on, a side.
const FINE: usize = 96;

/// The shapes, the same every time.
pub fn drawn() -> impl Iterator<Item = Mask> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    (0..COUNT).map(move |_| Shape::new(&mut random).mask())
}

/// One shape around the origin, within 2 of it.
struct Shape {
    angle: f32,
    power: f32,
    height: f32,
    taper: f32,
    /// Times around, depth and phase.
    waves: [(f32, f32, f32); 3],
}

impl Shape {
    fn new(random: &mut ChaCha8Rng) -> Self {
        // Things mostly lie along the photo's sides, or across them.
        let angle = match random.random_range(0..3) {
            0 => 0.0,
            1 => TAU / 4.0,
            _ => random.random_range(0.0..TAU / 2.0),
        };
        Self {
            angle,
            power: [2.0, 2.5, 4.0, 8.0, 20.0][random.random_range(0..5)],
            height: random.random_range(-1.6f32..0.0).exp(),
            taper: random.random_range(-0.5..0.5),
            waves: [2.0, 3.0, 5.0].map(|times: f32| {
                let depth = random.random_range(-0.2..0.2) / times;
                (times, depth, random.random_range(0.0..TAU))
            }),
        }
    }

    fn covers(&self, x: f32, y: f32) -> bool {
        let (sin, cos) = self.angle.sin_cos();
        let (along, across) = (cos * x + sin * y, cos * y - sin * x);
        let across = across / (self.height * (1.0 + self.taper * along).max(0.1));
        let around = across.atan2(along);
        let wave = |(times, depth, phase): &(f32, f32, f32)| depth * (times * around + phase).cos();
        let reach = 1.0 + self.waves.iter().map(wave).sum::<f32>();
        let away = along.abs().powf(self.power) + across.abs().powf(self.power);
        away.powf(self.power.recip()) < reach
    }

    /// What of it lies in its box.
    fn mask(&self) -> Mask {
        let at = |i: usize, low: f32, high: f32, side: usize| {
            low + (i as f32 + 0.5) / side as f32 * (high - low)
        };
        let (mut low, mut high) = ([2f32; 2], [-2f32; 2]);
        for i in 0..FINE * FINE {
            let point = [i % FINE, i / FINE].map(|i| at(i, -2.0, 2.0, FINE));
            if self.covers(point[0], point[1]) {
                for axis in 0..2 {
                    low[axis] = low[axis].min(point[axis]);
                    high[axis] = high[axis].max(point[axis]);
                }
            }
        }
        let side = Mask::SIDE;
        Mask::from_fn(|column, row| {
            let inside =
                self.covers(at(column, low[0], high[0], side), at(row, low[1], high[1], side));
            f32::from(u8::from(inside))
        })
    }
}
