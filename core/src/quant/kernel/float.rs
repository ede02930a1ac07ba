//! f32 products through the `gemm-f32` crate, behind slices.

use gemm_common::Parallelism;
use gemm_f32::gemm::f32::get_gemm_fn;

/// A strided view of a matrix inside a slice: element (i, j) is at `offset + i·row + j·col`.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Where element (0, 0) lies.
    pub offset: usize,
    /// Distance between rows.
    pub row: usize,
    /// Distance between columns.
    pub col: usize,
}

impl View {
    /// A row-major matrix with `width` columns at the slice's start.
    pub const fn rows(width: usize) -> Self {
        Self { offset: 0, row: width, col: 1 }
    }

    /// The transpose of a row-major matrix with `width` columns at the slice's start.
    pub const fn transposed(width: usize) -> Self {
        Self { offset: 0, row: 1, col: width }
    }

    /// The same view, `offset` elements further on.
    pub const fn at(self, offset: usize) -> Self {
        Self { offset: self.offset + offset, ..self }
    }

    /// The same matrix, transposed.
    const fn flipped(self) -> Self {
        Self { row: self.col, col: self.row, ..self }
    }

    /// Elements that a `[rows, cols]` matrix seen this way spans.
    fn end(self, rows: usize, cols: usize) -> usize {
        match (rows, cols) {
            (0, _) | (_, 0) => self.offset,
            _ => self.offset + (rows - 1) * self.row + (cols - 1) * self.col + 1,
        }
    }
}

/// `out[m, n] = keep·out + scale · a[m, k] · b[k, n]`, on the caller's thread.
///
/// # Panics
/// If a view reaches beyond its slice.
#[allow(clippy::too_many_arguments, reason = "three matrices, three views, three sizes")]
pub fn multiply(
    (m, k, n): (usize, usize, usize),
    out: &mut [f32],
    out_view: View,
    keep: bool,
    a: &[f32],
    a_view: View,
    b: &[f32],
    b_view: View,
    scale: f32,
) {
    assert!(out_view.end(m, n) <= out.len(), "out is too short");
    // SAFETY: the assertion above covers the whole of `out`'s view.
    unsafe {
        multiply_into((m, k, n), out.as_mut_ptr(), out_view, keep, a, a_view, b, b_view, scale)
    }
}

/// As [`multiply`], for an `out` of which other threads write other columns.
///
/// # Safety
/// `out` must be valid for writes at every element of its `[m, n]` view, and nobody else may
/// touch those elements meanwhile.
///
/// # Panics
/// If a view reaches beyond `a` or `b`.
#[allow(clippy::too_many_arguments, reason = "three matrices, three views, three sizes")]
pub unsafe fn multiply_into(
    (m, k, n): (usize, usize, usize),
    out: *mut f32,
    out_view: View,
    keep: bool,
    a: &[f32],
    a_view: View,
    b: &[f32],
    b_view: View,
    scale: f32,
) {
    if out_view.col < out_view.row {
        // The crate writes columns whose elements lie together: those of outᵀ = bᵀ·aᵀ.
        let [out_view, a_view, b_view] = [out_view, a_view, b_view].map(View::flipped);
        // SAFETY: the same elements, as the caller promises.
        return unsafe {
            multiply_into((n, k, m), out, out_view, keep, b, b_view, a, a_view, scale)
        };
    }
    assert!(a_view.end(m, k) <= a.len() && b_view.end(k, n) <= b.len(), "an operand is too short");
    let stride = |s: usize| isize::try_from(s).expect("strides lie inside a slice");
    // SAFETY: the operands' views were checked above, `out` is the caller's promise.
    unsafe {
        get_gemm_fn()(
            m,
            n,
            k,
            out.add(out_view.offset),
            stride(out_view.col),
            stride(out_view.row),
            keep,
            a.as_ptr().add(a_view.offset),
            stride(a_view.col),
            stride(a_view.row),
            b.as_ptr().add(b_view.offset),
            stride(b_view.col),
            stride(b_view.row),
            1.0,
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplies_transposes_scales_and_adds() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]; // [2, 3]
        let b = [1.0, 0.0, 2.0, 0.0, 1.0, 1.0]; // [2, 3], used as its transpose [3, 2]
        let mut out = [100.0; 4];
        multiply(
            (2, 3, 2),
            &mut out,
            View::rows(2),
            true,
            &a,
            View::rows(3),
            &b,
            View::transposed(3),
            2.0,
        );
        assert_eq!(out, [114.0, 110.0, 132.0, 122.0]);

        let shape = (2, 3, 2);
        let (a_view, b_view) = (View::rows(3), View::transposed(3));
        multiply(shape, &mut out, View::transposed(2), false, &a, a_view, &b, b_view, 1.0);
        assert_eq!(out, [7.0, 16.0, 5.0, 11.0], "columns of the product lie together");
    }
}
