//! The weights of a base, memory-mapped and checked against the architecture when opened.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use half::f16;
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors, tensor::TensorInfo};

use super::error::PackError;
use super::header;
use super::manifest::Architecture;
use super::tensors::{TensorRole, TensorSpec, tensors};
use super::write::{ALIGNMENT, PACKED_KEY, PackedShape};
use crate::quant::pack::SCALE_BYTES;
use crate::quant::{Matrix, WeightKind};

/// A multiple of the page size of every system there is.
#[cfg(unix)]
const PAGE: usize = 1 << 16;

/// A weights file in memory. Tensors handed out keep the map alive.
#[derive(Debug)]
pub struct WeightMap {
    path: PathBuf,
    map: Arc<Mmap>,
    tensors: HashMap<String, Stored>,
}

/// A tensor where it lies.
#[derive(Debug, Clone, Copy)]
pub struct TensorView<'a> {
    /// How the numbers are stored.
    pub kind: WeightKind,
    /// Rows; 1 for a vector.
    pub rows: usize,
    /// Columns, or the length of a vector.
    pub cols: usize,
    /// The numbers, without the padding that follows packed tensors.
    pub bytes: &'a [u8],
}

#[derive(Debug, Clone)]
struct Stored {
    kind: WeightKind,
    rows: usize,
    cols: usize,
    /// Of the numbers, from the beginning of the file.
    span: Range<usize>,
}

impl TensorView<'_> {
    /// Whether all its numbers are; of a packed tensor, its scales.
    fn is_finite(&self) -> bool {
        let halves = |bytes: &[u8]| {
            let pairs = bytes.as_chunks::<2>().0.iter();
            pairs.copied().all(|pair| f16::from_le_bytes(pair).is_finite())
        };
        match self.kind {
            WeightKind::F32 => {
                let quads = self.bytes.as_chunks::<4>().0.iter();
                quads.copied().all(|quad| f32::from_le_bytes(quad).is_finite())
            }
            WeightKind::F16 => halves(self.bytes),
            WeightKind::Packed(kind) => {
                let blocks = self.bytes.chunks_exact(kind.block_bytes());
                blocks.into_iter().all(|block| halves(&block[..SCALE_BYTES]))
            }
        }
    }
}

impl WeightMap {
    /// Maps a weights file and checks that it holds exactly the architecture's tensors, each with
    /// its shape, a kind that suits its use, and the length these ask for.
    ///
    /// # Errors
    /// [`PackError::Weights`] with the tensors that do not fit, [`PackError::Missing`] and
    /// [`PackError::Io`] from the system.
    pub fn open(path: &Path, arch: &Architecture) -> Result<Self, PackError> {
        let file = File::open(path).map_err(|e| PackError::io(path, e))?;
        // SAFETY: the file is not written while mapped: imports go into new folders, which are
        // renamed into place, and nothing here opens a weights file for writing.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| PackError::io(path, e))?;
        let refuse = |reason| PackError::Weights { path: path.to_owned(), reason };
        let tensors = read_header(&map).map_err(refuse)?;
        check_against(&tensors, arch).map_err(refuse)?;
        Ok(Self { path: path.to_owned(), map: Arc::new(map), tensors })
    }

    /// One tensor where it lies.
    ///
    /// # Errors
    /// [`PackError::Weights`] if the architecture has no such tensor.
    pub fn tensor(&self, name: &str) -> Result<TensorView<'_>, PackError> {
        self.stored(name).map(|stored| self.view(stored))
    }

    /// One tensor as an operand of the kernels, sharing the map.
    ///
    /// # Errors
    /// As [`Self::tensor`].
    pub fn matrix(&self, name: &str) -> Result<Matrix, PackError> {
        let Stored { kind, rows, cols, span } = self.stored(name)?.clone();
        Matrix::new(self.map.clone(), span, kind, rows, cols)
            .map_err(|e| self.refuse(format!("{name}: {e}")))
    }

    /// One float tensor as numbers on the heap, row-major: for norms, biases and positions.
    ///
    /// # Errors
    /// As [`Self::tensor`], and for packed tensors.
    pub fn floats(&self, name: &str) -> Result<Vec<f32>, PackError> {
        let view = self.tensor(name)?;
        let quad = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        let pair = |b: &[u8]| f16::from_le_bytes([b[0], b[1]]).to_f32();
        match view.kind {
            WeightKind::F32 => Ok(view.bytes.chunks_exact(4).map(quad).collect()),
            WeightKind::F16 => Ok(view.bytes.chunks_exact(2).map(pair).collect()),
            WeightKind::Packed(_) => Err(self.refuse(format!("{name} is packed, not floats"))),
        }
    }

    /// Reads every number and scale: one that is not finite would spread, or be taken for another
    /// by a kernel. As slow as hashing the file, and done as often.
    ///
    /// # Errors
    /// [`PackError::Weights`] with the tensor.
    pub(super) fn check_numbers(&self) -> Result<(), PackError> {
        match self.iter().find(|(_, tensor)| !tensor.is_finite()) {
            None => Ok(()),
            Some((name, _)) => {
                Err(self.refuse(format!("{name} holds numbers that are not finite")))
            }
        }
    }

    /// Lets the system have the memory of all tensors whose names begin with `prefix`, for now:
    /// they are read from the file again when they are used again. Systems that cannot be told so
    /// keep it.
    pub fn release(&self, prefix: &str) {
        #[cfg(unix)]
        for span in self.spans(prefix) {
            use memmap2::UncheckedAdvice::DontNeed;
            // SAFETY: a shared or private map that nobody wrote to: dropped pages come back from
            // the file as they were. A refusal leaves them where they are.
            let _ = unsafe { self.map.unchecked_advise_range(DontNeed, span.start, span.len()) };
        }
    }

    /// Tells the system that tensors whose names begin with `prefix` will be read soon.
    pub fn announce(&self, prefix: &str) {
        #[cfg(unix)]
        for span in self.spans(prefix) {
            // Advice: a system that does not take it reads when it must.
            let _ = self.map.advise_range(memmap2::Advice::WillNeed, span.start, span.len());
        }
    }

    /// Stretches of whole pages with tensors whose names begin with `prefix` and no others,
    /// neighbours joined.
    #[cfg(unix)]
    fn spans(&self, prefix: &str) -> Vec<Range<usize>> {
        let mut stored: Vec<_> = self.tensors.iter().collect();
        stored.sort_by_key(|(_, stored)| stored.span.start);
        let mut spans: Vec<Range<usize>> = Vec::new();
        let mut joined = false;
        for (name, Stored { span, .. }) in stored {
            match spans.last_mut() {
                _ if !name.starts_with(prefix) => joined = false,
                Some(last) if joined => last.end = span.end,
                _ => {
                    spans.push(span.clone());
                    joined = true;
                }
            }
        }
        let whole = |span: Range<usize>| span.start.next_multiple_of(PAGE)..span.end / PAGE * PAGE;
        spans.into_iter().map(whole).filter(|span| span.start < span.end).collect()
    }

    /// All tensors, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, TensorView<'_>)> {
        let mut names: Vec<_> = self.tensors.iter().collect();
        names.sort_by_key(|(name, _)| *name);
        names.into_iter().map(|(name, stored)| (name.as_str(), self.view(stored)))
    }

    /// The file the weights lie in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length of the mapped file in bytes.
    pub fn byte_len(&self) -> usize {
        self.map.len()
    }

    fn stored(&self, name: &str) -> Result<&Stored, PackError> {
        let missing = || self.refuse(format!("no tensor {name}"));
        self.tensors.get(name).ok_or_else(missing)
    }

    fn view(&self, stored: &Stored) -> TensorView<'_> {
        let Stored { kind, rows, cols, span } = stored.clone();
        TensorView { kind, rows, cols, bytes: &self.map[span] }
    }

    fn refuse(&self, reason: String) -> PackError {
        PackError::Weights { path: self.path.clone(), reason }
    }
}

/// Every tensor of the file, with lengths and alignment checked.
fn read_header(map: &[u8]) -> Result<HashMap<String, Stored>, String> {
    header::check(map).map_err(|e| format!("header: {e}"))?;
    let (len, header) = SafeTensors::read_metadata(map).map_err(|e| format!("header: {e}"))?;
    let data = 8 + len;
    if !data.is_multiple_of(ALIGNMENT) {
        return Err(format!("the data begins at byte {data}, not at a multiple of {ALIGNMENT}"));
    }
    let packed = header.metadata().as_ref().and_then(|m| m.get(PACKED_KEY));
    let mut packed: HashMap<String, PackedShape> = match packed {
        Some(json) => serde_json::from_str(json).map_err(|e| format!("{PACKED_KEY}: {e}"))?,
        None => HashMap::new(),
    };
    let mut tensors = HashMap::new();
    for (name, info) in header.tensors() {
        let stored = read_entry(info, packed.remove(&name), data, map.len())
            .map_err(|reason| format!("{name}: {reason}"))?;
        tensors.insert(name, stored);
    }
    match packed.into_keys().next() {
        Some(name) => Err(format!("{name} is described as packed, but not there")),
        None => Ok(tensors),
    }
}

fn read_entry(
    info: &TensorInfo,
    packed: Option<PackedShape>,
    data: usize,
    file_len: usize,
) -> Result<Stored, String> {
    let (kind, rows, cols, alignment) = match (info.dtype, packed, info.shape.as_slice()) {
        (Dtype::U8, Some(p), [_]) => (WeightKind::Packed(p.kind.into()), p.rows, p.cols, ALIGNMENT),
        (Dtype::F32, None, &[cols]) => (WeightKind::F32, 1, cols, 4),
        (Dtype::F32, None, &[rows, cols]) => (WeightKind::F32, rows, cols, 4),
        (Dtype::F16, None, &[cols]) => (WeightKind::F16, 1, cols, 2),
        (Dtype::F16, None, &[rows, cols]) => (WeightKind::F16, rows, cols, 2),
        (dtype, _, shape) => {
            return Err(format!("{dtype:?} {shape:?} is neither float nor packed"));
        }
    };
    let (start, end) = info.data_offsets;
    if !start.is_multiple_of(alignment) {
        return Err(format!(
            "begins at byte {start} of the data, not at a multiple of {alignment}"
        ));
    }
    // Sizes beyond the file would overflow in the product below.
    if rows.checked_mul(cols).is_none_or(|n| n / 4 > file_len) {
        return Err(format!("{rows}×{cols} is larger than the file"));
    }
    let wanted = kind.byte_len(rows, cols);
    let stored = if alignment == ALIGNMENT { wanted.next_multiple_of(ALIGNMENT) } else { wanted };
    if end - start != stored || end > file_len - data {
        let found = end - start;
        return Err(format!("{kind:?} {rows}×{cols} takes {stored} bytes, the file holds {found}"));
    }
    Ok(Stored { kind, rows, cols, span: data + start..data + start + wanted })
}

/// Compares what is there with what the architecture asks for.
fn check_against(found: &HashMap<String, Stored>, arch: &Architecture) -> Result<(), String> {
    let specs = tensors(arch);
    let mut wrong: Vec<String> =
        specs.iter().filter_map(|s| misfit(s, found.get(&s.name))).collect();
    let known: HashSet<_> = specs.iter().map(|s| &s.name).collect();
    let mut unknown: Vec<_> = found.keys().filter(|name| !known.contains(name)).collect();
    unknown.sort();
    wrong.extend(unknown.into_iter().map(|name| format!("{name} is unknown")));
    if wrong.is_empty() { Ok(()) } else { Err(shorten(&wrong)) }
}

fn misfit(spec: &TensorSpec, found: Option<&Stored>) -> Option<String> {
    let TensorSpec { name, rows, cols, role, .. } = spec;
    let Some(found) = found else {
        return Some(format!("{name} is missing"));
    };
    if (found.rows, found.cols) != (*rows, *cols) {
        let (r, c) = (found.rows, found.cols);
        return Some(format!("{name} is {r}×{c}, the architecture asks for {rows}×{cols}"));
    }
    let fits = match role {
        TensorRole::Matrix => true,
        TensorRole::Position => !matches!(found.kind, WeightKind::Packed(_)),
        TensorRole::Vector => found.kind == WeightKind::F32,
    };
    (!fits).then(|| format!("{name} may not be stored as {:?}", found.kind))
}

/// The first few of a list that may have hundreds.
fn shorten(wrong: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = wrong[..wrong.len().min(SHOWN)].join("; ");
    if wrong.len() > SHOWN {
        text += &format!("; and {} more", wrong.len() - SHOWN);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::fixture::{plan, sample_manifest, values, write};
    use crate::pack::write::TensorPlan;
    use crate::quant::PackedKind;
    use std::fs;

    const Q4: WeightKind = WeightKind::Packed(PackedKind::Q4);
    const Q8: WeightKind = WeightKind::Packed(PackedKind::Q8);

    fn open(path: &Path) -> Result<WeightMap, PackError> {
        WeightMap::open(path, &sample_manifest().architecture)
    }

    /// What `open` says of the sample's tensors after `change`.
    fn refusal(change: impl FnOnce(&mut Vec<TensorPlan>)) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("weights.safetensors");
        let mut plan = plan(Q4);
        change(&mut plan);
        write(&path, plan);
        open(&path).unwrap_err().to_string()
    }

    fn find<'a>(plan: &'a mut [TensorPlan], name: &str) -> &'a mut TensorPlan {
        plan.iter_mut().find(|t| t.name == name).unwrap()
    }

    #[test]
    fn every_kind_reads_back_what_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("weights.safetensors");
        for (kind, bound) in
            [(WeightKind::F32, 0.0), (WeightKind::F16, 1e-3), (Q8, 5e-3), (Q4, 0.1)]
        {
            write(&path, plan(kind));
            let weights = open(&path).unwrap();
            for (name, view) in weights.iter() {
                let wanted = values(name, view.rows * view.cols);
                let matrix = weights.matrix(name).unwrap();
                let mut row = vec![0.0; view.cols];
                for (r, wanted) in wanted.chunks_exact(view.cols).enumerate() {
                    matrix.read_row(r, &mut row);
                    let near =
                        row.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= f32::max(bound, 1e-3));
                    assert!(near, "{name} as {kind:?}");
                }
            }
            assert_eq!(weights.tensor("language.layers.1.down.weight").unwrap().kind, kind);
        }
    }

    #[test]
    fn what_was_released_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("weights.safetensors");
        write(&path, plan(Q8));
        let weights = open(&path).unwrap();
        let bytes = |weights: &WeightMap| -> Vec<Vec<u8>> {
            weights.iter().map(|(_, view)| view.bytes.to_vec()).collect()
        };
        let before = bytes(&weights);
        for prefix in ["vision.", "", "nothing"] {
            weights.announce(prefix);
            weights.release(prefix);
            assert_eq!(bytes(&weights), before);
        }
    }

    #[cfg(unix)]
    #[test]
    fn stretches_are_whole_pages_of_one_part() {
        let stored = |span: Range<usize>| Stored { kind: WeightKind::F32, rows: 1, cols: 1, span };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("weights.safetensors");
        write(&path, plan(Q8));
        let mut weights = open(&path).unwrap();
        weights.tensors = HashMap::from([
            ("vision.a".into(), stored(100..3 * PAGE + 7)),
            ("vision.b".into(), stored(3 * PAGE + 64..5 * PAGE + 1)),
            ("language.a".into(), stored(5 * PAGE + 64..7 * PAGE)),
            ("vision.c".into(), stored(7 * PAGE..7 * PAGE + 9)),
        ]);
        let spans = |prefix: &str| {
            let spans = weights.spans(prefix).into_iter();
            spans.map(|span| (span.start / PAGE, span.end / PAGE)).collect::<Vec<_>>()
        };
        assert_eq!(spans("vision."), [(1, 5)]);
        assert_eq!(spans("language."), [(6, 7)]);
    }

    #[test]
    fn packed_tensors_begin_on_cache_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("weights.safetensors");
        write(&path, plan(Q4));
        let weights = open(&path).unwrap();
        let ragged = |t: &&Stored| !t.span.len().is_multiple_of(ALIGNMENT);
        assert!(weights.tensors.values().any(|t| ragged(&t)), "the sample must need padding");
        for (name, stored) in &weights.tensors {
            let alignment = match stored.kind {
                WeightKind::Packed(_) => ALIGNMENT,
                WeightKind::F32 => 4,
                WeightKind::F16 => 2,
            };
            assert!(stored.span.start.is_multiple_of(alignment), "{name}");
        }
    }

    #[test]
    fn other_readers_can_open_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("weights.safetensors");
        write(&path, plan(Q8));
        let bytes = fs::read(&path).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(tensors.len(), plan(Q8).len());
        assert_eq!(tensors.tensor("language.norm").unwrap().shape(), [32]);
        assert_eq!(tensors.tensor("vision.position").unwrap().shape(), [4, 32]);
    }

    #[test]
    fn floats_are_read_and_packed_tensors_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("weights.safetensors");
        write(&path, plan(Q8));
        let weights = open(&path).unwrap();
        assert_eq!(weights.floats("language.norm").unwrap(), values("language.norm", 32));
        assert_eq!(weights.floats("vision.position").unwrap().len(), 4 * 32);
        let error = weights.floats("language.embed").unwrap_err().to_string();
        assert!(error.contains("language.embed is packed"), "{error}");
        assert!(weights.tensor("language.head").is_err());
    }

    #[test]
    fn tensors_must_be_those_of_the_architecture() {
        let missing = refusal(|plan| plan.retain(|t| t.name != "language.layers.1.k.weight"));
        assert!(missing.contains("language.layers.1.k.weight is missing"), "{missing}");
        let unknown = refusal(|plan| {
            let name = "language.head".to_owned();
            plan.push(TensorPlan { name, ..plan[0].clone() });
        });
        assert!(unknown.contains("language.head is unknown"), "{unknown}");
        let shape = refusal(|plan| find(plan, "language.embed").rows += 1);
        assert!(shape.contains("71×32, the architecture asks for 70×32"), "{shape}");
        let kind = refusal(|plan| find(plan, "language.norm").kind = WeightKind::F16);
        assert!(kind.contains("language.norm may not be stored as F16"), "{kind}");
        let many = refusal(|plan| plan.retain(|t| !t.name.starts_with("vision")));
        assert!(many.contains("more") && many.len() < 600, "{many}");
    }

    /// Rewrites the header of a valid file, keeping its length, and opens it.
    fn tamper(from: &str, to: &str) -> String {
        assert_eq!(from.len(), to.len());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("weights.safetensors");
        write(&path, plan(Q4));
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        fs::write(&path, bytes).unwrap();
        open(&path).unwrap_err().to_string()
    }

    #[test]
    fn packed_lengths_must_follow_from_kind_and_shape() {
        let embed = r#"\"language.embed\":{\"kind\":\"q4\",\"rows\":70"#;
        let q8 = tamper(embed, &embed.replace("q4", "q8"));
        assert!(q8.contains("language.embed: Packed(Q8) 70×32 takes"), "{q8}");
        let rows = tamper(embed, &embed.replace("70", "99"));
        assert!(rows.contains("language.embed: Packed(Q4) 99×32 takes"), "{rows}");
        let gone = tamper(embed, &embed.replace("embed", "bedem"));
        assert!(gone.contains("neither float nor packed") || gone.contains("not there"), "{gone}");
    }

    #[test]
    fn truncated_and_alien_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("weights.safetensors");
        write(&path, plan(Q4));
        let whole = fs::read(&path).unwrap();
        for len in [0, 7, 8, 100, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..len]).unwrap();
            let error = open(&path).unwrap_err().to_string();
            assert!(error.contains("weights.safetensors"), "{len}: {error}");
        }
        fs::write(&path, vec![0xff; 4096]).unwrap();
        assert!(open(&path).is_err());
        fs::remove_file(&path).unwrap();
        assert!(matches!(open(&path), Err(PackError::Missing { .. })));
    }
}
