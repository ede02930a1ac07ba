//! How much of a dataset's masks survives the mask codec: the ceiling of every model that uses it.

use std::path::PathBuf;

use kerbside_core::detection::BBox;
use kerbside_core::engine::{Engine, EngineOptions};
use kerbside_core::mask::{CodecError, Mask, MaskCodec};
use serde::Serialize;

use crate::args::Args;
use crate::dataset::{Dataset, DatasetError};
use crate::evaluate::{mean, share};
use crate::failure::{Failure, Result as TaskResult};
use crate::{bundled, measure};

const USAGE: &str = "cargo xtask evaluate codec --data DIR [--pack DIR] [--json]";

/// `cargo xtask evaluate codec`.
///
/// # Errors
/// What is wrong with the arguments, the pack or the data.
pub fn run(mut args: Args) -> TaskResult<()> {
    let (mut pack, mut data, mut as_json) = (bundled::pack(), None, false);
    while let Some(arg) = args.next(USAGE)? {
        match arg.as_str() {
            "--pack" => pack = args.path(&arg)?,
            "--data" => data = Some(args.path(&arg)?),
            "--json" => as_json = true,
            _ => return Err(Failure::new(format!("unknown option {arg}; {USAGE}"))),
        }
    }
    let data: PathBuf = data.ok_or_else(|| Failure::new(format!("--data is missing; {USAGE}")))?;
    let engine = Engine::open(&pack, &EngineOptions::default())?;
    let codec = engine.codec().ok_or_else(|| Failure::new("this pack has no mask codec"))?;
    measure::print(&codec_report(&Dataset::open(&data)?, codec)?, as_json)
}

/// IoU above which a reconstruction is good.
const GOOD_IOU: f64 = 0.7;

/// What [`codec_report`] measures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CodecReport {
    /// Masks that went through the codec.
    pub items: usize,
    /// Mean IoU of mask and reconstruction, both in the photo.
    pub mean_iou: f64,
    /// Share of masks with an IoU above 0.7.
    pub share_above_70: f64,
}

/// Why the measurement stopped.
#[derive(Debug, thiserror::Error)]
pub enum CodecReportError {
    /// A photo cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The codec cannot encode.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// Encodes every mask inside its box, as `<loc>` tokens would give the box, decodes it, pastes it
/// back and compares.
///
/// # Errors
/// The first photo that cannot be read; [`CodecError::NoEncoder`].
pub fn codec_report(dataset: &Dataset, codec: &MaskCodec) -> Result<CodecReport, CodecReportError> {
    let mut ious = Vec::new();
    for sample in &dataset.samples {
        let frame = sample.frame()?;
        for object in &sample.objects {
            let mask = object.mask(frame.width(), frame.height());
            let Some(tight) = mask.bbox() else { continue };
            // A box thinner than a bin has no tokens.
            let iou = match BBox::from_bins(tight.to_bins()) {
                Ok(bbox) => {
                    let decoded = codec.decode(&codec.encode(&Mask::from_region(&mask, &bbox))?);
                    mask.iou(&decoded.paste(&bbox, mask.width(), mask.height()))
                }
                Err(_) => 0.0,
            };
            ious.push(iou);
        }
    }
    let good = ious.iter().filter(|&&iou| iou > GOOD_IOU).count();
    Ok(CodecReport {
        items: ious.len(),
        mean_iou: mean(ious.iter().copied()),
        share_above_70: share(good, ious.len()),
    })
}

#[cfg(test)]
mod tests {
    use kerbside_core::mask::Point;

    use super::*;
    use crate::dataset::{Object, Sample, class_of};

    /// Narrow random weights: what they decode is noise, but it is the same noise every time.
    const CODEC: &[u8] = include_bytes!("../../core/tests/golden/codec/mask_codec.safetensors");

    #[test]
    fn every_mask_that_covers_a_pixel_is_compared_with_its_reconstruction() {
        let folder = tempfile::tempdir().unwrap();
        let photo = folder.path().join("a.png");
        image::RgbImage::new(60, 40).save(&photo).unwrap();
        let triangle = |points: [(f32, f32); 3]| Object {
            label: class_of("metal").unwrap(),
            category: "metal".to_owned(),
            rings: vec![points.map(|(x, y)| Point { x, y }).to_vec()],
        };
        let wide = triangle([(0.1, 0.1), (0.9, 0.2), (0.3, 0.8)]);
        let nothing = triangle([(0.5, 0.5), (0.5, 0.5), (0.5, 0.5)]);
        let objects = vec![wide.clone(), nothing];
        let dataset =
            Dataset { samples: vec![Sample { photo, size: None, objects, ignored: vec![] }] };
        let codec = MaskCodec::from_safetensors(CODEC).unwrap();
        let report = codec_report(&dataset, &codec).unwrap();

        let mask = wide.mask(60, 40);
        let bbox = BBox::from_bins(mask.bbox().unwrap().to_bins()).unwrap();
        let codes = codec.encode(&Mask::from_region(&mask, &bbox)).unwrap();
        let iou = mask.iou(&codec.decode(&codes).paste(&bbox, 60, 40));
        assert!(iou > 0.0);
        assert_eq!((report.items, report.mean_iou), (1, iou));
        assert_eq!(report.share_above_70, f64::from(u8::from(iou > 0.7)));
    }
}
