//! Activations as int8, quantised once per layer input and shared by every matrix that reads it
//! (q, k and v; gate and up).
//!
//! Rows (tokens) are taken in panels of [`PANEL`], so that a kernel reads one stretch of memory
//! from its beginning to its end and multiplies each load of weights with a whole panel. In a
//! panel, each block of 32 columns is 8 groups of 4 columns; a group is the rows' 4 bytes, one row
//! after the other. A single row is a panel by itself.

use std::ops::Range;

use super::pack::{BLOCK_COLS, GROUP_COLS, GROUPS};
use crate::ops::rms_scale;
use crate::simd::vectorised;
use crate::threads;

/// Rows in a panel: with two tiles of weights, what fits the registers of AVX-512 and of NEON.
pub const PANEL: usize = 4;
/// Numbers below which handing rows to other threads costs more than it saves.
const WORTH_SPREADING: usize = 1 << 14;

/// A layer's input: float rows, and the same quantised if packed weights read them.
#[derive(Debug, Clone, Copy)]
pub struct Activations<'a> {
    /// `[rows, cols]` as given, for float weights and adapters. Empty if no one asked for them.
    pub floats: &'a [f32],
    /// Number of rows (tokens).
    pub rows: usize,
    /// Number of columns (features).
    pub cols: usize,
    quants: Option<&'a Quants>,
}

/// Quantised rows, and the memory they lie in: kept from layer to layer.
#[derive(Debug, Default)]
pub struct Quants {
    rows: usize,
    blocks: usize,
    /// Rows in a panel: [`PANEL`], or 1 if there is one row.
    width: usize,
    /// `[panels, blocks, groups, width, 4]`; columns and rows that do not exist are zero.
    values: Vec<i8>,
    /// `[panels, blocks, width]`: what a quant is worth.
    scales: Vec<f32>,
    /// `[panels, blocks, width]`: −8 × the sum of a block's quants, which takes back what the zero
    /// point of 4-bit weights added. That of 8-bit weights is sixteen times as large.
    offsets: Vec<i32>,
}

/// One panel as a kernel sees it.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// Whether it is the first that a tile meets, which then comes from memory.
    pub first: bool,
    /// Rows: 1 or [`PANEL`].
    pub width: usize,
    /// `[blocks, groups, width, 4]`.
    pub values: &'a [i8],
    /// `[blocks, width]`.
    pub scales: &'a [f32],
    /// `[blocks, width]`.
    pub offsets: &'a [i32],
}

/// One panel while it is written.
struct PanelMut<'a> {
    width: usize,
    values: &'a mut [i8],
    scales: &'a mut [f32],
    offsets: &'a mut [i32],
}

impl<'a> Activations<'a> {
    /// Float rows `[rows, cols]` for float weights only.
    ///
    /// # Panics
    /// If the slice does not hold whole rows.
    pub fn floats(floats: &'a [f32], cols: usize) -> Self {
        assert_eq!(floats.len() % cols, 0, "whole rows of {cols}");
        Self { floats, rows: floats.len() / cols, cols, quants: None }
    }

    /// Float rows `[rows, cols]`, quantised into `quants`.
    ///
    /// # Panics
    /// If the slice does not hold whole rows.
    pub fn quantised(floats: &'a [f32], cols: usize, quants: &'a mut Quants) -> Self {
        let this = Self::floats(floats, cols);
        quants.resize(this.rows, cols);
        quants.fill(floats, cols, |target, rows| fill_panel(target, rows, cols));
        Self { quants: Some(quants), ..this }
    }

    /// Gemma's RMS norm of `hidden: [rows, cols]`, see [`crate::ops::rms_norm`], quantised in the
    /// same pass: for layers whose input nobody reads as floats.
    ///
    /// # Panics
    /// If the slice does not hold whole rows.
    pub fn normed(hidden: &[f32], norm: &[f32], eps: f32, quants: &'a mut Quants) -> Self {
        let (rows, cols) = (hidden.len() / norm.len(), norm.len());
        assert_eq!(hidden.len(), rows * cols, "whole rows of {cols}");
        quants.resize(rows, cols);
        quants.fill(hidden, cols, |target, rows| fill_normed_panel(target, rows, norm, eps));
        Self { floats: &[], rows, cols, quants: Some(quants) }
    }

    /// Rows that were quantised where they were made; `floats` may be empty.
    pub(super) fn made(quants: &'a Quants, floats: &'a [f32], cols: usize) -> Self {
        Self { floats, rows: quants.rows, cols, quants: Some(quants) }
    }

    /// The quantised rows.
    ///
    /// # Panics
    /// If they were not asked for.
    pub(super) fn quants(&self) -> &'a Quants {
        self.quants.expect("packed weights read quantised rows")
    }
}

impl Quants {
    /// Makes room for `[rows, cols]`. What lay there before is void.
    pub(super) fn resize(&mut self, rows: usize, cols: usize) {
        self.rows = rows;
        self.blocks = cols.div_ceil(BLOCK_COLS);
        self.width = if rows == 1 { 1 } else { PANEL };
        let slots = self.panels() * self.width * self.blocks;
        self.values.resize(slots * BLOCK_COLS, 0);
        self.scales.resize(slots, 0.0);
        self.offsets.resize(slots, 0);
    }

    /// Number of panels.
    pub(super) fn panels(&self) -> usize {
        self.rows.div_ceil(self.width.max(1))
    }

    /// Rows in a panel.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// One panel.
    pub(super) fn panel(&self, index: usize) -> Panel<'_> {
        let slots = self.blocks * self.width;
        Panel {
            first: index == 0,
            width: self.width,
            values: &self.values[index * slots * BLOCK_COLS..(index + 1) * slots * BLOCK_COLS],
            scales: &self.scales[index * slots..(index + 1) * slots],
            offsets: &self.offsets[index * slots..(index + 1) * slots],
        }
    }

    /// Quantises all rows of `floats: [rows, cols]`, a panel's rows at a time.
    fn fill(
        &mut self,
        floats: &[f32],
        cols: usize,
        fill: impl Fn(&mut PanelMut<'_>, &[f32]) + Sync,
    ) {
        let (width, slots) = (self.width, self.blocks * self.width);
        let writer = Writer::new(self);
        let least = WORTH_SPREADING.div_ceil(width * cols);
        threads::spread(writer.panels, least, |panels| {
            for panel in panels {
                // SAFETY: every panel is given out once.
                let mut target = unsafe { writer.slots(panel, 0..slots) };
                let first = panel * width * cols;
                let rows = &floats[first..floats.len().min(first + width * cols)];
                fill(&mut target, rows);
            }
        });
    }
}

impl PanelMut<'_> {
    /// Quantises up to 32 columns of one row.
    #[inline(always)]
    fn store(&mut self, block: usize, row: usize, floats: &[f32]) {
        let mut values = [0; BLOCK_COLS];
        let (scale, sum) = match floats.as_array() {
            Some(whole) => quantise(whole, &mut values),
            None => {
                let mut padded = [0.0; BLOCK_COLS];
                padded[..floats.len()].copy_from_slice(floats);
                quantise(&padded, &mut values)
            }
        };
        let at = block * self.width + row;
        self.scales[at] = scale;
        self.offsets[at] = -8 * sum;
        let block = &mut self.values[block * self.width * BLOCK_COLS..][..self.width * BLOCK_COLS];
        let groups = block.chunks_exact_mut(self.width * GROUP_COLS);
        for (group, four) in groups.zip(values.as_chunks::<GROUP_COLS>().0) {
            group[row * GROUP_COLS..][..GROUP_COLS].copy_from_slice(four);
        }
    }

    /// A row that does not exist: its products are zero.
    fn clear(&mut self, row: usize) {
        for at in (row..self.scales.len()).step_by(self.width) {
            self.scales[at] = 0.0;
            self.offsets[at] = 0;
        }
        for group in self.values.chunks_exact_mut(self.width * GROUP_COLS) {
            group[row * GROUP_COLS..][..GROUP_COLS].fill(0);
        }
    }
}

/// Quantised rows that several threads write at once, each other blocks or panels.
pub(super) struct Writer {
    panels: usize,
    blocks: usize,
    width: usize,
    values: *mut i8,
    scales: *mut f32,
    offsets: *mut i32,
}

// SAFETY: threads write disjoint slots, as the callers of `slots` promise.
unsafe impl Sync for Writer {}

impl Writer {
    /// Into `quants`, which nobody else touches before the writer is dropped.
    pub(super) fn new(quants: &mut Quants) -> Self {
        Self {
            panels: quants.panels(),
            blocks: quants.blocks,
            width: quants.width,
            values: quants.values.as_mut_ptr(),
            scales: quants.scales.as_mut_ptr(),
            offsets: quants.offsets.as_mut_ptr(),
        }
    }

    /// Writes one block of a whole panel: `rows` holds up to `width` rows of 32 columns.
    ///
    /// # Safety
    /// No other thread may write the same block of the same panel, and the quants must be alive.
    pub(super) unsafe fn block(&self, panel: usize, block: usize, rows: &[[f32; BLOCK_COLS]]) {
        // SAFETY: as the caller promises.
        let mut target = unsafe { self.slots(panel, block * self.width..(block + 1) * self.width) };
        fill_block(&mut target, rows);
    }

    /// A stretch of a panel's slots.
    ///
    /// # Safety
    /// As for [`Self::block`], of all blocks in the stretch.
    unsafe fn slots(&self, panel: usize, slots: Range<usize>) -> PanelMut<'_> {
        assert!(panel < self.panels && slots.end <= self.blocks * self.width);
        let first = panel * self.blocks * self.width + slots.start;
        // SAFETY: the stretch lies inside the vectors, which were sized by `resize`; that it is
        // this thread's alone is the caller's promise.
        unsafe {
            use std::slice::from_raw_parts_mut as part;
            PanelMut {
                width: self.width,
                values: part(self.values.add(first * BLOCK_COLS), slots.len() * BLOCK_COLS),
                scales: part(self.scales.add(first), slots.len()),
                offsets: part(self.offsets.add(first), slots.len()),
            }
        }
    }
}

impl Panel<'_> {
    /// Blocks of 32 columns.
    pub fn blocks(&self) -> usize {
        self.scales.len() / self.width
    }

    /// Some of its blocks.
    pub fn part(&self, blocks: Range<usize>) -> Self {
        let slots = blocks.start * self.width..blocks.end * self.width;
        Self {
            values: &self.values[slots.start * BLOCK_COLS..slots.end * BLOCK_COLS],
            scales: &self.scales[slots.clone()],
            offsets: &self.offsets[slots],
            ..*self
        }
    }

    /// The 4 bytes of one row in one group of one block.
    pub fn group(&self, block: usize, group: usize, row: usize) -> [i8; GROUP_COLS] {
        let at = ((block * GROUPS + group) * self.width + row) * GROUP_COLS;
        std::array::from_fn(|i| self.values[at + i])
    }
}

vectorised! {
    /// All of a panel, from the rows there are.
    fn fill_panel(target: &mut PanelMut<'_>, rows: &[f32], cols: usize) {
        for (row, values) in rows.chunks_exact(cols).enumerate() {
            for (block, values) in values.chunks(BLOCK_COLS).enumerate() {
                target.store(block, row, values);
            }
        }
        (rows.len() / cols..target.width).for_each(|row| target.clear(row));
    }

    /// [`fill_panel`] with the norm of each row.
    fn fill_normed_panel(target: &mut PanelMut<'_>, rows: &[f32], norm: &[f32], eps: f32) {
        for (row, values) in rows.chunks_exact(norm.len()).enumerate() {
            let scale = rms_scale(values, eps);
            let blocks = values.chunks(BLOCK_COLS).zip(norm.chunks(BLOCK_COLS));
            for (block, (values, norm)) in blocks.enumerate() {
                let mut normed = [0.0; BLOCK_COLS];
                for ((normed, v), w) in normed.iter_mut().zip(values).zip(norm) {
                    *normed = v * (scale * (1.0 + w));
                }
                target.store(block, row, &normed);
            }
        }
        (rows.len() / norm.len()..target.width).for_each(|row| target.clear(row));
    }

    /// One block of a panel, from the rows there are.
    fn fill_block(target: &mut PanelMut<'_>, rows: &[[f32; BLOCK_COLS]]) {
        for row in 0..target.width {
            match rows.get(row) {
                Some(values) => target.store(0, row, values),
                None => target.clear(row),
            }
        }
    }
}

/// The largest magnitude becomes ±127. Returns the scale and the sum of the quants.
#[inline(always)]
fn quantise(values: &[f32; BLOCK_COLS], quants: &mut [i8; BLOCK_COLS]) -> (f32, i32) {
    let mut lanes = [0f32; 16];
    for half in values.as_chunks::<16>().0 {
        for (lane, value) in lanes.iter_mut().zip(half) {
            // Not `max`: what it does with NaN costs three instructions.
            let magnitude = value.abs();
            *lane = if magnitude > *lane { magnitude } else { *lane };
        }
    }
    let largest = lanes.into_iter().fold(0f32, f32::max);
    let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    let mut sum = 0;
    for (quant, value) in quants.iter_mut().zip(values) {
        // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
        *quant = (value * inverse + 12_582_912.0).to_bits() as i8;
        sum += i32::from(*quant);
    }
    (largest / 127.0, sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norming_and_quantising_at_once_equals_one_after_the_other() {
        let (cols, eps) = (70, 1e-6);
        let norm: Vec<f32> = (0..cols).map(|i| (i as f32 * 0.3).cos() * 0.5).collect();
        for rows in [1, 4, 6] {
            let hidden: Vec<f32> = (0..rows * cols).map(|i| (i as f32 * 0.7).sin() * 3.0).collect();
            let (mut one, mut two, mut floats) = (Quants::default(), Quants::default(), Vec::new());
            crate::ops::rms_norm(&hidden, &norm, eps, &mut floats);
            Activations::quantised(&floats, cols, &mut one);
            let x = Activations::normed(&hidden, &norm, eps, &mut two);
            assert!(x.rows == rows && x.cols == cols && x.floats.is_empty());
            assert_eq!(one.values, two.values);
            assert_eq!((one.scales, one.offsets), (two.scales, two.offsets));
        }
    }

    #[test]
    fn every_row_comes_back_within_half_a_step() {
        for rows in [1_usize, 2, 4, 9] {
            let floats: Vec<f32> = (0..rows * 35).map(|i| (i as f32 * 0.7).sin() * 3.0).collect();
            let mut memory = Quants::default();
            // What a larger input left behind must not show.
            let before: Vec<f32> = vec![1.0; 12 * 70];
            Activations::quantised(&before, 70, &mut memory);
            let quants = Activations::quantised(&floats, 35, &mut memory).quants();
            assert_eq!(quants.panels(), rows.div_ceil(quants.width()));
            for row in 0..quants.panels() * quants.width() {
                let (panel, within) = (quants.panel(row / quants.width()), row % quants.width());
                for block in 0..2 {
                    let at = block * quants.width() + within;
                    let mut sum = 0;
                    for column in 0..32 {
                        let quant = panel.group(block, column / 4, within)[column % 4];
                        sum += i32::from(quant);
                        let column = block * 32 + column;
                        let wanted =
                            if row < rows && column < 35 { floats[row * 35 + column] } else { 0.0 };
                        let back = f32::from(quant) * panel.scales[at];
                        assert!((back - wanted).abs() <= panel.scales[at] * 0.5001);
                    }
                    assert_eq!(panel.offsets[at], -8 * sum);
                }
            }
        }
    }
}
