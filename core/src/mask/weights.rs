//! The codec's tensors by name, from a pack's `mask_codec.safetensors` or Google's `vae-oid.npz`.
//!
//! Names and layouts are those of the torch checkpoint inside `vae-oid.npz`: a convolution's weight
//! is `[out, in, kernel, kernel]`, a transposed one's `[in, out, kernel, kernel]`.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

use super::guess::{CodeTable, GUESSES};
use crate::detection::{SEG_CODES, SegCode};

/// sha256 of `vae-oid.npz` (8,479,556 bytes), the mask codec PaliGemma was trained with.
pub const VAE_OID_SHA256: &str = "5586010257b8536dddefab65e7755077f21d5672d5674dacf911f73ae95a4447";

/// More than any tensor of this codec needs; stops a crafted archive from unpacking without end.
const MAX_ARRAY_BYTES: u64 = 64 << 20;

/// Why a mask codec could not be read or used.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Other bytes than Google's.
    #[error(
        "these are not the bytes of Google's vae-oid.npz: sha256 is {found}, expected {VAE_OID_SHA256}"
    )]
    Checksum {
        /// The sha256 of the bytes given, in hex.
        found: String,
    },
    /// Not a safetensors file.
    #[error("the mask codec is not a safetensors file")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// Not a zip archive, which an npz is.
    #[error("the mask codec is not an npz archive")]
    Npz(#[from] zip::result::ZipError),
    /// An entry of the archive cannot be unpacked.
    #[error("array {name} of the npz archive cannot be read")]
    Unreadable {
        /// The entry.
        name: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A tensor is stored in a way this codec does not have.
    #[error(
        "tensor {name} is stored as {found}; the mask codec reads little-endian f32 and f16 in C order"
    )]
    Stored {
        /// The tensor.
        name: String,
        /// How it is stored.
        found: String,
    },
    /// A tensor is missing.
    #[error("the mask codec has no tensor {0}")]
    Missing(String),
    /// A tensor does not fit the others.
    #[error("tensor {name} has shape {found:?}, expected {expected}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What its neighbours ask for.
        expected: String,
    },
    /// The table of guesses is none.
    #[error("the mask codec's guesses are not 16 × 128 codes")]
    Guesses,
    /// Asked to encode with a codec that can only decode.
    #[error("this pack's mask codec has no encoder: it can decode masks, not encode them")]
    NoEncoder,
}

/// Refuses bytes that are not Google's `vae-oid.npz`.
///
/// # Errors
/// [`CodecError::Checksum`] with the sha256 found.
pub fn verify_vae_oid(bytes: &[u8]) -> Result<(), CodecError> {
    let found = format!("{:x}", Sha256::digest(bytes));
    if found == VAE_OID_SHA256 { Ok(()) } else { Err(CodecError::Checksum { found }) }
}

/// A tensor in f32, row-major.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

/// The codec's tensors in f32, by the names of `vae-oid.npz`. Other tensors (the moving averages
/// of the codebook's training) are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodecWeights(BTreeMap<String, Tensor>);

impl CodecWeights {
    /// From a safetensors file with f32 or f16 tensors.
    ///
    /// # Errors
    /// [`CodecError::Safetensors`], [`CodecError::Stored`].
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut tensors: BTreeMap<String, Tensor> = BTreeMap::new();
        for (name, view) in SafeTensors::deserialize(bytes)?.tensors() {
            if is_wanted(&name) {
                let data = floats(&name, &format!("{:?}", view.dtype()), view.data())?;
                tensors.insert(name, Tensor { shape: view.shape().to_vec(), data });
            }
        }
        Ok(Self(tensors))
    }

    /// From an npz archive with f32 or f16 arrays. See [`verify_vae_oid`] for whose it is.
    ///
    /// # Errors
    /// [`CodecError::Npz`], [`CodecError::Unreadable`], [`CodecError::Stored`].
    pub fn from_npz(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
        let mut tensors: BTreeMap<String, Tensor> = BTreeMap::new();
        for index in 0..archive.len() {
            let entry = archive.by_index(index)?;
            let Some(name) = entry.name()?.strip_suffix(".npy").map(str::to_owned) else {
                continue;
            };
            if is_wanted(&name) {
                let mut npy = Vec::new();
                entry
                    .take(MAX_ARRAY_BYTES)
                    .read_to_end(&mut npy)
                    .map_err(|source| CodecError::Unreadable { name: name.clone(), source })?;
                let tensor = parse_npy(&name, &npy)?;
                tensors.insert(name, tensor);
            }
        }
        Ok(Self(tensors))
    }

    /// A safetensors file with these tensors as f32: what a pack's `mask_codec.safetensors` holds.
    pub fn to_safetensors(&self) -> Vec<u8> {
        let stored: Vec<(&str, Vec<usize>, Vec<u8>)> = self
            .0
            .iter()
            .map(|(name, tensor)| {
                let bytes = tensor.data.iter().flat_map(|value| value.to_le_bytes()).collect();
                (name.as_str(), tensor.shape.clone(), bytes)
            })
            .collect();
        let views = stored.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes)
                .expect("shape and data come from one tensor");
            (*name, view)
        });
        safetensors::serialize(views, None).expect("views of tensors in memory serialise")
    }

    /// Puts a table of guesses beside the tensors.
    pub fn set_guesses(&mut self, table: &CodeTable) {
        let tensor = Tensor { shape: vec![SEG_CODES, SegCode::COUNT], data: table.to_floats() };
        self.0.insert(GUESSES.to_owned(), tensor);
    }

    /// The table of guesses, if there is one.
    ///
    /// # Errors
    /// [`CodecError::Guesses`].
    pub(super) fn guesses(&self) -> Result<Option<CodeTable>, CodecError> {
        self.0.get(GUESSES).map(|tensor| CodeTable::from_floats(&tensor.data)).transpose()
    }

    /// Whether any tensor's name starts with `prefix`.
    pub(super) fn contains(&self, prefix: &str) -> bool {
        self.0.keys().any(|name| name.starts_with(prefix))
    }

    pub(super) fn get(&self, name: &str) -> Result<&Tensor, CodecError> {
        self.0.get(name).ok_or_else(|| CodecError::Missing(name.to_owned()))
    }

    #[cfg(test)]
    pub(super) fn insert(&mut self, name: &str, shape: Vec<usize>, data: Vec<f32>) {
        self.0.insert(name.to_owned(), Tensor { shape, data });
    }
}

fn is_wanted(name: &str) -> bool {
    [super::codec::CODEBOOK, GUESSES].contains(&name)
        || name.starts_with("encoder.")
        || name.starts_with("decoder.")
}

/// Bytes of a little-endian float array; `stored` is its type as safetensors or NumPy call it.
fn floats(name: &str, stored: &str, bytes: &[u8]) -> Result<Vec<f32>, CodecError> {
    match stored {
        "F32" | "<f4" => {
            Ok(bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
        }
        "F16" | "<f2" => Ok(bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&bytes| f16::from_le_bytes(bytes).to_f32())
            .collect()),
        other => Err(CodecError::Stored { name: name.to_owned(), found: other.to_owned() }),
    }
}

/// One array of an npz: a magic, a version, a header that is a Python dictionary, the values.
///
/// Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
fn parse_npy(name: &str, npy: &[u8]) -> Result<Tensor, CodecError> {
    let stored =
        |found: &str| CodecError::Stored { name: name.to_owned(), found: found.to_owned() };
    let (header, values) =
        split_npy(npy).ok_or_else(|| stored("something other than NumPy's .npy"))?;
    let descr = entry(header, "descr").unwrap_or("an unnamed type").trim_matches(['\'', '"']);
    if entry(header, "fortran_order") != Some("False") {
        return Err(stored("an array in Fortran order"));
    }
    let shape: Option<Vec<usize>> = entry(header, "shape").and_then(|shape| {
        let inner = shape.strip_prefix('(')?.strip_suffix(')')?;
        inner.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect()
    });
    let shape = shape.ok_or_else(|| stored("an array without a shape"))?;
    let data = floats(name, descr, values)?;
    if data.len() != shape.iter().product::<usize>() {
        return Err(CodecError::Shape {
            name: name.to_owned(),
            expected: format!("one of {} values", data.len()),
            found: shape,
        });
    }
    Ok(Tensor { shape, data })
}

/// The header's text and the bytes behind it.
fn split_npy(npy: &[u8]) -> Option<(&str, &[u8])> {
    let rest = npy.strip_prefix(b"\x93NUMPY")?;
    let (&[major, _minor], rest) = rest.split_first_chunk()?;
    let (length, rest) = if major == 1 {
        let (bytes, rest) = rest.split_first_chunk()?;
        (u16::from_le_bytes(*bytes) as usize, rest)
    } else {
        let (bytes, rest) = rest.split_first_chunk()?;
        (u32::from_le_bytes(*bytes) as usize, rest)
    };
    let (header, values) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, values))
}

/// The value of `key` in the header's dictionary, whose only nested value is the shape's tuple.
fn entry<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}':"))?;
    let rest = rest.trim_start();
    let end = if rest.starts_with('(') { rest.find(')')? + 1 } else { rest.find([',', '}'])? };
    Some(rest[..end].trim())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn npy(descr: &str, order: &str, shape: &str, values: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(values);
        bytes
    }

    fn npz(entries: &[(&str, Vec<u8>)], method: zip::CompressionMethod) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        for (name, bytes) in entries {
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn f32_bytes(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn npz_is_read_stored_and_deflated_in_f32_and_f16() {
        let half: Vec<u8> =
            [0.5, -2.0].iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
        let entries = [
            ("decoder.0.bias.npy", npy("<f4", "False", "(3,)", &f32_bytes(&[1.0, 2.0, 3.0]))),
            ("encoder.0.bias.npy", npy("<f2", "False", "(2, 1)", &half)),
            ("_vq_vae._ema_w.npy", npy("<i8", "False", "()", &[0; 8])),
        ];
        for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
            let weights = CodecWeights::from_npz(&npz(&entries, method)).unwrap();
            assert_eq!(weights.get("decoder.0.bias").unwrap().data, [1.0, 2.0, 3.0]);
            let half = weights.get("encoder.0.bias").unwrap();
            assert_eq!(
                (half.shape.as_slice(), half.data.as_slice()),
                (&[2, 1][..], &[0.5, -2.0][..])
            );
            assert!(weights.get("_vq_vae._ema_w").is_err(), "unused arrays are left out");
        }
    }

    #[test]
    fn safetensors_roundtrip_keeps_every_bit() {
        let mut weights = CodecWeights::default();
        weights.insert("decoder.0.bias", vec![2], vec![0.1, -0.2]);
        weights.insert("_vq_vae._embedding", vec![1, 2], vec![3.5, 1e-7]);
        let back = CodecWeights::from_safetensors(&weights.to_safetensors()).unwrap();
        assert_eq!(back, weights);
    }

    #[test]
    fn arrays_it_cannot_read_are_refused_by_name() {
        let cases = [
            (npy("<f8", "False", "(1,)", &[0; 8]), "<f8"),
            (npy("<f4", "True", "(1,)", &[0; 4]), "Fortran"),
            (npy("<f4", "False", "(3,)", &[0; 4]), "expected one of 1 values"),
            (b"not numpy".to_vec(), "other than NumPy"),
        ];
        for (array, reason) in cases {
            let archive = npz(&[("decoder.0.bias.npy", array)], zip::CompressionMethod::Stored);
            let message = CodecWeights::from_npz(&archive).unwrap_err().to_string();
            assert!(message.contains("decoder.0.bias"), "{message}");
            assert!(message.contains(reason), "{message}");
        }
        assert!(matches!(CodecWeights::from_npz(b"not a zip"), Err(CodecError::Npz(_))));
    }

    #[test]
    fn other_bytes_than_googles_are_named_with_their_checksum() {
        let Err(CodecError::Checksum { found }) = verify_vae_oid(b"abc") else { panic!() };
        assert_eq!(found, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
