//! Convolutions on `[channels, height, width]` maps, as matrix products a compiler can vectorise.
//!
//! Both directions share one kernel, [`RowMatrix::mul`]. A convolution gathers its taps first
//! (im2col) and multiplies; a transposed convolution multiplies first and scatters the taps
//! afterwards (col2im). This module knows nothing of masks.

/// A feature map `[channels, height, width]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMap {
    /// Number of planes.
    pub channels: usize,
    /// Rows of one plane.
    pub height: usize,
    /// Columns of one plane.
    pub width: usize,
    /// `channels × height × width` values.
    pub data: Vec<f32>,
}

impl FeatureMap {
    /// `max(x, 0)` in place.
    pub fn relu(mut self) -> Self {
        self.data.iter_mut().for_each(|value| *value = value.max(0.0));
        self
    }

    /// Adds a map of the same shape: the skip of a residual block.
    pub fn plus(mut self, other: &Self) -> Self {
        debug_assert_eq!(self.data.len(), other.data.len());
        self.data.iter_mut().zip(&other.data).for_each(|(value, skip)| *value += skip);
        self
    }

    fn plane(&self) -> usize {
        self.height * self.width
    }
}

/// How a square kernel walks over a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stride {
    /// Side of the kernel.
    pub kernel: usize,
    /// Steps between two windows.
    pub step: usize,
    /// Zeros around the map.
    pub padding: usize,
}

impl Stride {
    /// Windows that fit into `size` values.
    fn windows(self, size: usize) -> usize {
        (size + 2 * self.padding - self.kernel) / self.step + 1
    }

    /// Where the windows of a transposed convolution over `size` values end: the inverse of
    /// [`Self::windows`].
    fn unwindowed(self, size: usize) -> usize {
        (size - 1) * self.step + self.kernel - 2 * self.padding
    }

    /// The position in the padded map's interior that `tap` of `window` falls on, if inside.
    fn position(self, window: usize, tap: usize, size: usize) -> Option<usize> {
        (window * self.step + tap).checked_sub(self.padding).filter(|&position| position < size)
    }
}

/// A 2-D convolution (cross-correlation, as every neural network library has it).
#[derive(Debug, Clone)]
pub struct Conv2d {
    /// `[out, in × kernel × kernel]`
    weight: RowMatrix,
    bias: Vec<f32>,
    in_channels: usize,
    stride: Stride,
}

impl Conv2d {
    /// From a weight `[out, in, kernel, kernel]` and a bias `[out]`, the layout of torch.
    pub fn new(weight: &[f32], bias: Vec<f32>, in_channels: usize, stride: Stride) -> Self {
        let columns = in_channels * stride.kernel * stride.kernel;
        let weight = RowMatrix::new(weight, bias.len(), columns);
        Self { weight, bias, in_channels, stride }
    }

    /// `[in, h, w]` → `[out, h', w']` with `h' = (h + 2·padding − kernel) / step + 1`.
    pub fn forward(&self, input: &FeatureMap) -> FeatureMap {
        debug_assert_eq!(input.channels, self.in_channels);
        let height = self.stride.windows(input.height);
        let width = self.stride.windows(input.width);
        let mut data = self.weight.mul(&self.gather(input, height, width), height * width);
        add_bias(&mut data, &self.bias);
        FeatureMap { channels: self.bias.len(), height, width, data }
    }

    /// im2col: `[in, h, w]` → `[in × kernel × kernel, h' × w']`.
    fn gather(&self, input: &FeatureMap, height: usize, width: usize) -> Vec<f32> {
        let kernel = self.stride.kernel;
        let mut columns = vec![0.0; self.in_channels * kernel * kernel * height * width];
        for (row, out) in columns.chunks_exact_mut(height * width).enumerate() {
            let (channel, tap_y, tap_x) =
                (row / (kernel * kernel), row / kernel % kernel, row % kernel);
            let plane = &input.data[channel * input.plane()..][..input.plane()];
            for (y, out) in out.chunks_exact_mut(width).enumerate() {
                let Some(from_y) = self.stride.position(y, tap_y, input.height) else {
                    continue;
                };
                let line = &plane[from_y * input.width..][..input.width];
                for (x, out) in out.iter_mut().enumerate() {
                    if let Some(from_x) = self.stride.position(x, tap_x, input.width) {
                        *out = line[from_x];
                    }
                }
            }
        }
        columns
    }
}

/// A transposed 2-D convolution, the gradient of [`Conv2d`] with respect to its input.
///
/// Flax's `ConvTranspose(padding=p, transpose_kernel=True)` counts padding from the other side: it
/// is this with `padding = kernel − 1 − p`.
#[derive(Debug, Clone)]
pub struct ConvTranspose2d {
    /// `[out × kernel × kernel, in]`
    weight: RowMatrix,
    bias: Vec<f32>,
    stride: Stride,
}

impl ConvTranspose2d {
    /// From a weight `[in, out, kernel, kernel]` and a bias `[out]`, the layout of torch.
    pub fn new(weight: &[f32], bias: Vec<f32>, in_channels: usize, stride: Stride) -> Self {
        let rows = bias.len() * stride.kernel * stride.kernel;
        let mut transposed = vec![0.0; weight.len()];
        for (input, line) in weight.chunks_exact(rows).enumerate() {
            for (row, &value) in line.iter().enumerate() {
                transposed[row * in_channels + input] = value;
            }
        }
        Self { weight: RowMatrix::new(&transposed, rows, in_channels), bias, stride }
    }

    /// `[in, h, w]` → `[out, h', w']` with `h' = (h − 1)·step + kernel − 2·padding`.
    pub fn forward(&self, input: &FeatureMap) -> FeatureMap {
        let columns = self.weight.mul(&input.data, input.plane());
        let mut output = FeatureMap {
            channels: self.bias.len(),
            height: self.stride.unwindowed(input.height),
            width: self.stride.unwindowed(input.width),
            data: Vec::new(),
        };
        output.data = vec![0.0; output.channels * output.plane()];
        self.scatter(&columns, input, &mut output);
        add_bias(&mut output.data, &self.bias);
        output
    }

    /// col2im: adds `[out × kernel × kernel, h × w]` into `[out, h', w']`.
    fn scatter(&self, columns: &[f32], input: &FeatureMap, output: &mut FeatureMap) {
        let kernel = self.stride.kernel;
        let (height, width, plane) = (output.height, output.width, output.plane());
        for (row, column) in columns.chunks_exact(input.plane()).enumerate() {
            let (channel, tap_y, tap_x) =
                (row / (kernel * kernel), row / kernel % kernel, row % kernel);
            let out = &mut output.data[channel * plane..][..plane];
            for (y, values) in column.chunks_exact(input.width).enumerate() {
                let Some(to_y) = self.stride.position(y, tap_y, height) else {
                    continue;
                };
                let line = &mut out[to_y * width..][..width];
                for (x, value) in values.iter().enumerate() {
                    if let Some(to_x) = self.stride.position(x, tap_x, width) {
                        line[to_x] += value;
                    }
                }
            }
        }
    }
}

fn add_bias(data: &mut [f32], bias: &[f32]) {
    let plane = data.len() / bias.len();
    for (values, bias) in data.chunks_exact_mut(plane).zip(bias) {
        values.iter_mut().for_each(|value| *value += bias);
    }
}

/// Rows and columns of the block of results the kernel keeps in registers: eight vectors of four
/// lanes, which is what SSE2 and NEON both have room for beside their operands.
const BLOCK_ROWS: usize = 4;
const BLOCK_COLUMNS: usize = 8;

/// A matrix `[rows, columns]`, packed once so that [`Self::mul`] reads it straight through:
/// `[rows / 4][columns][4]`, zeros where rows run out.
#[derive(Debug, Clone)]
struct RowMatrix {
    packed: Vec<f32>,
    rows: usize,
    columns: usize,
}

impl RowMatrix {
    fn new(row_major: &[f32], rows: usize, columns: usize) -> Self {
        debug_assert_eq!(row_major.len(), rows * columns);
        let mut packed = vec![0.0; rows.div_ceil(BLOCK_ROWS) * BLOCK_ROWS * columns];
        for (row, line) in row_major.chunks_exact(columns).enumerate() {
            let block = row / BLOCK_ROWS * BLOCK_ROWS * columns;
            for (column, &value) in line.iter().enumerate() {
                packed[block + column * BLOCK_ROWS + row % BLOCK_ROWS] = value;
            }
        }
        Self { packed, rows, columns }
    }

    /// `self [rows, columns] · right [columns, width]` → `[rows, width]`.
    fn mul(&self, right: &[f32], width: usize) -> Vec<f32> {
        debug_assert_eq!(right.len(), self.columns * width);
        let mut product = vec![0.0; self.rows * width];
        let mut panel = vec![[0.0; BLOCK_COLUMNS]; self.columns];
        for left in (0..width).step_by(BLOCK_COLUMNS) {
            let lanes = BLOCK_COLUMNS.min(width - left);
            // A packed panel: walking `right` itself would step `width` floats, which for powers
            // of two lands in the same few cache sets.
            for (packed, line) in panel.iter_mut().zip(right.chunks_exact(width)) {
                packed[..lanes].copy_from_slice(&line[left..left + lanes]);
            }
            for (block, weights) in self.packed.chunks_exact(BLOCK_ROWS * self.columns).enumerate()
            {
                let sums = block_product(weights, &panel);
                let top = block * BLOCK_ROWS;
                for (row, sums) in (top..self.rows).zip(&sums) {
                    product[row * width + left..][..lanes].copy_from_slice(&sums[..lanes]);
                }
            }
        }
        product
    }
}

/// `[4, columns] · [columns, 8]` → `[4, 8]`, the left side packed as in [`RowMatrix`].
fn block_product(
    weights: &[f32],
    panel: &[[f32; BLOCK_COLUMNS]],
) -> [[f32; BLOCK_COLUMNS]; BLOCK_ROWS] {
    let mut sums = [[0.0; BLOCK_COLUMNS]; BLOCK_ROWS];
    for (weights, values) in weights.chunks_exact(BLOCK_ROWS).zip(panel) {
        for (sums, &weight) in sums.iter_mut().zip(weights) {
            for (sum, &value) in sums.iter_mut().zip(values) {
                *sum += weight * value;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small whole numbers, so that sums are exact and every order of adding agrees.
    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|index| ((index * 7 + 3) % 11) as f32 - 5.0).collect()
    }

    fn map(channels: usize, height: usize, width: usize) -> FeatureMap {
        FeatureMap { channels, height, width, data: numbers(channels * height * width) }
    }

    #[test]
    fn matrix_product_agrees_with_the_definition_at_ragged_sizes() {
        let (rows, columns, width) = (5, 3, 11);
        let (left, right) = (numbers(rows * columns), numbers(columns * width));
        let product = RowMatrix::new(&left, rows, columns).mul(&right, width);
        for row in 0..rows {
            for column in 0..width {
                let expected: f32 =
                    (0..columns).map(|k| left[row * columns + k] * right[k * width + column]).sum();
                assert_eq!(product[row * width + column], expected);
            }
        }
    }

    #[test]
    fn convolution_agrees_with_the_definition() {
        let stride = Stride { kernel: 4, step: 2, padding: 1 };
        let input = map(2, 6, 8);
        let weight = numbers(3 * 2 * 16);
        let bias = vec![1.0, -2.0, 0.5];
        let output = Conv2d::new(&weight, bias.clone(), 2, stride).forward(&input);
        assert_eq!((output.channels, output.height, output.width), (3, 3, 4));
        for out in 0..3 {
            for y in 0..3 {
                for x in 0..4 {
                    let mut expected = bias[out];
                    for channel in 0..2 {
                        for tap in 0..16 {
                            let (from_y, from_x) = (2 * y + tap / 4, 2 * x + tap % 4);
                            if (1..=6).contains(&from_y) && (1..=8).contains(&from_x) {
                                expected += weight[(out * 2 + channel) * 16 + tap]
                                    * input.data[(channel * 6 + from_y - 1) * 8 + from_x - 1];
                            }
                        }
                    }
                    assert_eq!(output.data[(out * 3 + y) * 4 + x], expected);
                }
            }
        }
    }

    /// `⟨conv(a), b⟩ = ⟨a, convᵀ(b)⟩` holds for the transpose and nothing else: a flipped kernel or
    /// a shifted padding breaks it.
    #[test]
    fn transposed_convolution_is_the_adjoint_of_convolution() {
        let stride = Stride { kernel: 4, step: 2, padding: 1 };
        let (fine, coarse) = (map(2, 8, 6), map(3, 4, 3));
        // torch keeps both as [coarse channels, fine channels, kernel, kernel].
        let weight = numbers(3 * 2 * 16);
        let down = Conv2d::new(&weight, vec![0.0; 3], 2, stride).forward(&fine);
        let up = ConvTranspose2d::new(&weight, vec![0.0; 2], 3, stride).forward(&coarse);
        let dot = |a: &FeatureMap, b: &FeatureMap| -> f32 {
            a.data.iter().zip(&b.data).map(|(a, b)| a * b).sum()
        };
        assert_eq!((up.channels, up.height, up.width), (2, 8, 6));
        assert_eq!(dot(&down, &coarse), dot(&fine, &up));
    }
}
