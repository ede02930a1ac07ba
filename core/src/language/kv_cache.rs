//! Keys and values of the tokens so far: allocated once, cut back instead of freed.

/// The cache of one sequence.
#[derive(Debug)]
pub struct KvCache {
    layers: Vec<LayerCache>,
    heads: usize,
    head_dim: usize,
    capacity: usize,
    len: usize,
}

/// `[kv_heads, capacity, head_dim]` each: one head's positions lie together, so that attention
/// reads them as one matrix, and query heads that share a key head share it without a copy.
#[derive(Debug)]
struct LayerCache {
    keys: Vec<f32>,
    values: Vec<f32>,
}

/// One layer's keys or values as attention sees them.
#[derive(Debug, Clone, Copy)]
pub struct HeadRows<'a> {
    /// All heads' rows.
    pub data: &'a [f32],
    /// Distance from one head to the next.
    pub head_stride: usize,
    /// Distance from one position to the next.
    pub row_stride: usize,
}

impl KvCache {
    /// An empty cache for `capacity` positions.
    pub fn new(layers: usize, heads: usize, head_dim: usize, capacity: usize) -> Self {
        let size = heads * capacity * head_dim;
        // Zeroed vectors come from fresh pages: what is never written costs no memory.
        let layer = || LayerCache { keys: vec![0.0; size], values: vec![0.0; size] };
        Self { layers: (0..layers).map(|_| layer()).collect(), heads, head_dim, capacity, len: 0 }
    }

    /// Positions held.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Positions there is room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Forgets everything from position `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Writes `keys` and `values: [n, heads × head_dim]` of one layer behind the held positions.
    /// They count only once [`Self::commit`] is called, when all layers are written: a cancelled
    /// pass leaves the cache as it was.
    ///
    /// # Panics
    /// If there is no room.
    pub fn write(&mut self, layer: usize, keys: &[f32], values: &[f32]) {
        let (d, width) = (self.head_dim, self.heads * self.head_dim);
        assert!(self.len + keys.len() / width <= self.capacity, "the KV cache is full");
        let layer = &mut self.layers[layer];
        for (source, target) in [(keys, &mut layer.keys), (values, &mut layer.values)] {
            for (i, row) in source.chunks_exact(width).enumerate() {
                for (head, part) in row.chunks_exact(d).enumerate() {
                    let at = (head * self.capacity + self.len + i) * d;
                    target[at..at + d].copy_from_slice(part);
                }
            }
        }
    }

    /// Takes `n` written positions into account.
    pub fn commit(&mut self, n: usize) {
        self.len += n;
        debug_assert!(self.len <= self.capacity);
    }

    /// Keys and values of a layer, written but uncommitted positions included.
    pub fn layer(&self, layer: usize) -> (HeadRows<'_>, HeadRows<'_>) {
        let rows = |data| HeadRows {
            data,
            head_stride: self.capacity * self.head_dim,
            row_stride: self.head_dim,
        };
        let layer = &self.layers[layer];
        (rows(&layer.keys), rows(&layer.values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_taken_apart_and_positions_appended() {
        let mut cache = KvCache::new(1, 2, 2, 4);
        cache.write(0, &[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0]);
        cache.commit(1);
        cache.write(0, &[11.0, 12.0, 13.0, 14.0], &[0.0; 4]);
        cache.commit(1);
        let (keys, _) = cache.layer(0);
        assert_eq!(keys.data[..4], [1.0, 2.0, 11.0, 12.0]);
        assert_eq!(keys.data[keys.head_stride..][..4], [3.0, 4.0, 13.0, 14.0]);
        cache.truncate(1);
        assert_eq!(cache.len(), 1);
    }
}
