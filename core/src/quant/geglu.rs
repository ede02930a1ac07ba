//! Gemma's gated MLP up to its last matrix: `gelu(x·Gᵀ) · (x·Uᵀ)` (GeGLU, arXiv:2002.05202).
//!
//! A pair of tiles gives 32 features of both matrices for a panel of tokens. That is just one
//! block of the next layer's input, so it is gated and quantised on the spot; with packed weights
//! the wide floats exist nowhere else, unless an adapter of the next layer asks for them.

use std::ops::Range;

use super::activations::{Activations, Quants, Writer};
use super::kernel::{Kernel, PAIR_ROWS, PairOut};
use super::linear::{Linear, forward_all};
use super::low_rank::{LowRank, Thin, shrink_all};
use super::matrix::WeightKind;
use super::pair::pair_products;
use crate::language::config::Activation;
use crate::ops;
use crate::threads;

/// The two matrices, and what an adapter adds to them.
#[derive(Debug, Clone, Copy)]
pub struct Geglu<'a> {
    /// `[mlp, hidden]`.
    pub gate: &'a Linear,
    /// `[mlp, hidden]`.
    pub up: &'a Linear,
    /// The adapter's shares of gate and up.
    pub lora: [Option<LowRank<'a>>; 2],
    /// The gate's.
    pub activation: Activation,
}

/// Memory of the gated rows, kept from layer to layer.
#[derive(Debug, Default)]
pub struct Gated {
    floats: Vec<f32>,
    up: Vec<f32>,
    quants: Quants,
}

impl Geglu<'_> {
    /// The gated rows `[n, mlp]` as the `next` layer's input; `floats` says whether an adapter
    /// will read them as floats.
    pub fn forward<'m>(
        &self,
        x: &Activations<'_>,
        next: &Linear,
        floats: bool,
        memory: &'m mut Gated,
    ) -> Activations<'m> {
        let packed = [self.gate, self.up, next].iter().all(|layer| layer.is_packed());
        if packed && self.gate.outputs().is_multiple_of(PAIR_ROWS) {
            self.fused(x, floats, memory)
        } else {
            self.apart(x, next, memory)
        }
    }

    /// Whole matrices one after the other.
    fn apart<'m>(
        &self,
        x: &Activations<'_>,
        next: &Linear,
        memory: &'m mut Gated,
    ) -> Activations<'m> {
        let Gated { floats, up, quants } = memory;
        let [gate_lora, up_lora] = self.lora;
        forward_all(x, [(self.gate, gate_lora, floats), (self.up, up_lora, up)]);
        let width = self.gate.outputs();
        threads::for_each_chunk(floats, width, |row, gate| {
            ops::gate(gate, &up[row * width..(row + 1) * width], self.activation);
        });
        next.input(floats, quants)
    }

    /// Both matrices, the gate and the quantising in one sweep.
    fn fused<'m>(
        &self,
        x: &Activations<'_>,
        floats: bool,
        memory: &'m mut Gated,
    ) -> Activations<'m> {
        let width = self.gate.outputs();
        memory.quants.resize(x.rows, width);
        memory.floats.resize(if floats { x.rows * width } else { 0 }, 0.0);
        let target = Target {
            quants: Writer::new(&mut memory.quants),
            floats: floats.then_some(memory.floats.as_mut_ptr()),
            width,
        };
        let thin = shrink_all(self.lora, x);
        let panels = x.quants().panels();
        threads::spread(width / PAIR_ROWS, 1, |pairs| {
            let [mut gates, mut ups] = [0, 1].map(|_| vec![PairOut::default(); panels]);
            for pair in pairs {
                thin.iter().flatten().for_each(|thin| thin.announce(pair * PAIR_ROWS));
                products(self.gate, &thin[0], x, pair, &mut gates);
                products(self.up, &thin[1], x, pair, &mut ups);
                for (panel, (gate, up)) in gates.iter_mut().zip(&ups).enumerate() {
                    let rows = rows_of(x, panel);
                    let gate = &mut gate[..rows.len()];
                    let up = up[..rows.len()].as_flattened();
                    ops::gate(gate.as_flattened_mut(), up, self.activation);
                    // SAFETY: every pair is given out once, and is a block of columns of its own.
                    unsafe { target.write(panel, rows.start, pair, gate) };
                }
            }
        });
        Activations::made(&memory.quants, &memory.floats, width)
    }
}

/// The tokens of a panel.
fn rows_of(x: &Activations<'_>, panel: usize) -> Range<usize> {
    let width = x.quants().width();
    panel * width..x.rows.min((panel + 1) * width)
}

/// 32 features of all tokens, panel by panel, the adapter's share included.
fn products(
    layer: &Linear,
    thin: &Option<Thin<'_>>,
    x: &Activations<'_>,
    pair: usize,
    out: &mut [PairOut],
) {
    let WeightKind::Packed(kind) = layer.weight().kind() else {
        unreachable!("only packed layers are fused")
    };
    pair_products(Kernel::detect(), layer.weight(), kind, pair, x.quants(), out);
    if let Some(thin) = thin {
        for (panel, rows) in out.iter_mut().enumerate() {
            for (token, row) in rows_of(x, panel).zip(rows) {
                thin.add(token, pair * PAIR_ROWS, row);
            }
        }
    }
}

/// Where gated rows go.
struct Target {
    quants: Writer,
    /// `[n, width]`
    floats: Option<*mut f32>,
    width: usize,
}

// SAFETY: tasks write disjoint blocks of columns.
unsafe impl Sync for Target {}

impl Target {
    /// Writes rows of 32 features, the first of which is that of token `first`.
    ///
    /// # Safety
    /// No other task may write the same block of columns.
    unsafe fn write(&self, panel: usize, first: usize, block: usize, rows: &[[f32; PAIR_ROWS]]) {
        // SAFETY: as the caller promises; the floats have room for `[n, width]`.
        unsafe {
            self.quants.block(panel, block, rows);
            let Some(floats) = self.floats else { return };
            for (token, row) in (first..).zip(rows) {
                let at = token * self.width + block * PAIR_ROWS;
                std::ptr::copy_nonoverlapping(row.as_ptr(), floats.add(at), PAIR_ROWS);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::factor::Factor;
    use crate::quant::{Matrix, PackedKind};
    use crate::threads::Threads;

    fn wave(len: usize, step: f32) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * step).sin()).collect()
    }

    #[test]
    fn fused_equals_apart() {
        let (hidden, mlp, rank) = (40, 96, 3);
        let linear = |rows, cols, step| {
            let values = wave(rows * cols, step);
            let kind = WeightKind::Packed(PackedKind::Q8);
            Linear::new(Matrix::from_floats(kind, rows, cols, &values), None)
        };
        let (gate, up) = (linear(mlp, hidden, 0.61), linear(mlp, hidden, 0.37));
        let next = linear(hidden, mlp, 0.29);
        let a = Factor::F32(wave(rank * hidden, 0.2));
        let b = Factor::F32(wave(rank * mlp, 0.3)).blocked(rank);
        let lora = Some(LowRank { a: a.numbers(), b: b.numbers(), scale: 0.5, rank });
        let threads = Threads::new(2).unwrap();
        for (n, lora) in [(1, None), (1, lora), (3, None), (9, lora)] {
            let x = wave(n * hidden, 0.23);
            let activation = Activation::GeluPytorchTanh;
            let geglu = Geglu { gate: &gate, up: &up, lora: [lora, None], activation };
            let mut quants = Quants::default();
            let x = gate.input(&x, &mut quants);
            let (mut one, mut two) = (Gated::default(), Gated::default());
            let mut outputs = [Vec::new(), Vec::new()];
            threads.install(|| {
                let fused = geglu.fused(&x, true, &mut one);
                let apart = geglu.apart(&x, &next, &mut two);
                assert_eq!(fused.floats, apart.floats);
                next.forward(&fused, None, &mut outputs[0]);
                next.forward(&apart, None, &mut outputs[1]);
            });
            assert_eq!(outputs[0], outputs[1]);
            assert!(outputs[0].iter().any(|v| *v != 0.0));
        }
    }
}
