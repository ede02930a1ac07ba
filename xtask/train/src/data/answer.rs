//! What is asked about a picture and what should be answered: items → `<loc>`, `<seg>` and words.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageEncoder, RgbImage};
use kerbside_core::detection::{self, BBox, Detection, Label};
use kerbside_core::engine::CLASSES;
use kerbside_core::language::prompt;
use kerbside_core::mask::{Mask, MaskCodec};
use rand::Rng;
use rand::seq::SliceRandom;
use xtask::failure::Result;

use super::sample::{Picture, Sample, Split, Task};

/// Something on a picture that should be found.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// One of [`CLASSES`].
    pub label: Label,
    /// Where it is, exactly as its `<loc>` tokens say.
    pub bbox: BBox,
    /// What of the box it fills.
    pub mask: Mask,
}

/// In which order an answer names its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The largest box first.
    #[default]
    Largest,
    /// As one reads: rows of tenths of the picture from the top, in them from the left.
    Reading,
}

impl Order {
    /// Sorts items; equals stay as they are.
    pub fn sort(self, items: &mut [Item]) {
        match self {
            Self::Largest => items.sort_by(|a, b| b.bbox.area().total_cmp(&a.bbox.area())),
            Self::Reading => items.sort_by(|a, b| {
                let row = |item: &Item| (item.bbox.y1 * 10.0) as i32;
                row(a).cmp(&row(b)).then(a.bbox.x1.total_cmp(&b.bbox.x1))
            }),
        }
    }
}

/// How often something else is asked than the app asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asking {
    /// Share of samples that ask for boxes without masks.
    pub detect: f64,
    /// Share of samples that name some classes only, in any order.
    pub some: f64,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    task: Task,
    classes: Vec<&'static str>,
}

impl Question {
    /// What the app asks: masks of all nine classes.
    pub fn usual() -> Self {
        Self { task: Task::Segment, classes: CLASSES.to_vec() }
    }

    /// At times another.
    pub fn random(asking: &Asking, rng: &mut impl Rng) -> Self {
        let mut question = Self::usual();
        if rng.random_bool(asking.detect) {
            question.task = Task::Detect;
        }
        if rng.random_bool(asking.some) {
            question.classes.shuffle(rng);
            question.classes.truncate(rng.random_range(1..CLASSES.len()));
        }
        question
    }

    fn prompt(&self) -> String {
        match self.task {
            Task::Detect => prompt::detect(&self.classes),
            _ => prompt::segment(&self.classes),
        }
    }

    /// The sample of a picture and what is on it. Items of classes that are not asked for are not
    /// in the answer.
    ///
    /// # Errors
    /// If the codec cannot encode or the picture not be written.
    pub fn sample(
        &self,
        picture: &RgbImage,
        quality: u8,
        path: String,
        items: &[Item],
        split: Split,
        codec: &MaskCodec,
    ) -> Result<Sample> {
        let asked = items.iter().filter(|item| self.classes.contains(&item.label.as_str()));
        let mut found = Vec::new();
        for item in asked {
            let codes = match self.task {
                Task::Detect => None,
                _ => Some(codec.encode(&item.mask)?),
            };
            found.push(Detection::from_tokens(item.bbox.to_bins(), codes, item.label.clone())?);
        }
        Ok(Sample {
            image: Some(Picture { bytes: jpeg(picture, quality)?, path: Some(path) }),
            task: self.task,
            prompt: self.prompt(),
            suffix: detection::write(&found),
            labels: found.iter().map(|item| item.label.to_string()).collect(),
            split,
        })
    }
}

/// The box of whole `<loc>` bins around nearly the same place; none where it has no area there.
pub fn on_bins(bbox: &BBox) -> Option<BBox> {
    BBox::from_bins(bbox.to_bins()).ok()
}

/// A picture as a JPEG file.
///
/// # Errors
/// If a side is longer than 65,535 pixels.
pub fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    let colour = image::ExtendedColorType::Rgb8;
    JpegEncoder::new_with_quality(&mut bytes, quality).write_image(
        picture.as_raw(),
        width,
        height,
        colour,
    )?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use xtask::bundled;

    use super::super::chance::stream;
    use super::super::codec;
    use super::*;

    fn item(label: &str, [y1, x1, y2, x2]: [f32; 4]) -> Item {
        let bbox = on_bins(&BBox { y1, x1, y2, x2 }).unwrap();
        let mask = Mask::from_fn(|x, y| 30.0 - (x as f32 - 31.5).hypot(y as f32 - 31.5));
        Item { label: Label::new(label).unwrap(), bbox, mask }
    }

    fn sample(question: &Question, items: &[Item]) -> Sample {
        let codec = codec::open(&bundled::pack()).unwrap();
        let picture = RgbImage::new(40, 30);
        question.sample(&picture, 90, "a.jpg".into(), items, Split::Train, &codec).unwrap()
    }

    #[test]
    fn an_answer_reads_back_as_its_items_y_before_x() {
        let items = [item("glass", [0.1, 0.5, 0.3, 0.9]), item("food", [0.6, 0.0, 1.0, 0.2])];
        let sample = sample(&Question::usual(), &items);
        assert_eq!(
            sample.prompt,
            "segment plastic ; glass ; paper ; carton ; metal ; foam ; special ; food ; general"
        );
        assert!(sample.suffix.starts_with("<loc0102><loc0512><loc0307><loc0921><seg"));
        assert_eq!(sample.labels, ["glass", "food"]);
        let found = detection::parse(&sample.suffix).unwrap();
        assert_eq!(found.len(), 2);
        for (found, item) in found.iter().zip(&items) {
            assert_eq!((&found.label, found.bbox), (&item.label, item.bbox));
            assert!(found.codes.is_some());
        }
    }

    #[test]
    fn only_what_is_asked_for_is_answered() {
        let items = [item("glass", [0.1, 0.5, 0.3, 0.9]), item("food", [0.6, 0.0, 1.0, 0.2])];
        let asking = Asking { detect: 1.0, some: 1.0 };
        let mut rng = stream(0, 0);
        for _ in 0..20 {
            let question = Question::random(&asking, &mut rng);
            let sample = sample(&question, &items);
            assert_eq!(sample.task, Task::Detect);
            assert!(!sample.suffix.contains("<seg"));
            for item in &items {
                let label = item.label.as_str();
                let is_answered = sample.labels.iter().any(|word| word == label);
                assert_eq!(is_answered, sample.prompt.contains(label));
            }
        }
        assert_eq!(sample(&Question::usual(), &[]).suffix, "");
    }

    #[test]
    fn items_are_ordered_by_size_or_as_one_reads() {
        let small_left = item("glass", [0.52, 0.1, 0.6, 0.2]);
        let large_right = item("food", [0.51, 0.5, 0.9, 0.9]);
        let top = item("paper", [0.0, 0.8, 0.1, 0.9]);
        let names = |order: Order| {
            let mut items = [small_left.clone(), large_right.clone(), top.clone()];
            order.sort(&mut items);
            items.map(|item| item.label.to_string())
        };
        assert_eq!(names(Order::Largest)[0], "food");
        assert_eq!(names(Order::Reading), ["paper", "glass", "food"]);
    }
}
