//! Which views of which photos are made. All that is drawn here is drawn once, in order; what is
//! drawn inside a job comes from the job's own stream.

use std::fs::File;
use std::io::BufReader;

use image::metadata::Orientation;
use image::{ImageDecoder, ImageReader};
use kerbside_core::engine::CLASSES;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use xtask::dataset::{Dataset, Sample};
use xtask::failure::{Failure, Result};

use super::super::chance::{one_of, stream, weighted};
use super::super::outline::extent;
use super::super::parts::whole_things;
use super::super::sample::Split;
use super::options::Options;

/// A photo that can be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Photo {
    /// File, objects (whole things only) and crowds.
    pub labelled: Sample,
    /// Columns and rows, upright.
    pub size: (u32, u32),
    /// Where it belongs.
    pub split: Split,
    /// Its file inside the set's folder.
    pub name: String,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The whole photo.
    Whole,
    /// Most of it.
    Most,
    /// The surroundings of one of its objects.
    Around(usize),
    /// Ground without objects.
    Empty,
}

/// One sample to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// Index of the photo.
    pub photo: usize,
    /// What of it.
    pub kind: Kind,
}

/// The stream that the plan is drawn from; jobs have the numbers below.
const PLAN: u64 = u64::MAX;

/// An object with fewer pixels on its longer side is a smudge that nobody could name.
const LEAST_PIXELS: f32 = 12.0;

/// The photos that can be used, and how many cannot.
///
/// # Errors
/// The first that cannot, unless such are to be left out.
pub fn photos(dataset: Dataset, options: &Options) -> Result<(Vec<Photo>, usize)> {
    let (mut photos, mut left_out) = (Vec::new(), 0);
    for mut labelled in dataset.samples {
        let size = match upright_size(&labelled) {
            Ok(size) => size,
            Err(_) if options.skip_bad => {
                left_out += 1;
                continue;
            }
            Err(failure) => {
                let words = format!("{failure}; --skip-bad leaves such photos out");
                return Err(Failure::new(words));
            }
        };
        labelled.objects = whole_things(&labelled.objects);
        let split = options.held_out.split(&labelled.photo);
        let name = labelled.photo.strip_prefix(&options.folder).unwrap_or(&labelled.photo);
        let name = name.to_string_lossy().replace('\\', "/");
        photos.push(Photo { labelled, size, split, name });
    }
    if photos.is_empty() {
        return Err(Failure::new(format!("{}: no photo can be used", options.folder.display())));
    }
    Ok((photos, left_out))
}

/// Columns and rows as the header tells them, once upright.
fn upright_size(labelled: &Sample) -> Result<(u32, u32)> {
    let path = &labelled.photo;
    let file = File::open(path).map_err(|e| Failure::io(path, &e))?;
    let size = header(BufReader::new(file)).map_err(|e| e.during(path.display()))?;
    match labelled.size {
        Some(labels) if !is_same_shape(size, labels) => Err(Failure::new(format!(
            "{}: the photo is {}×{}, but its outlines were drawn on {}×{}",
            path.display(),
            size.0,
            size.1,
            labels.0,
            labels.1
        ))),
        _ => Ok(size),
    }
}

fn header(file: BufReader<File>) -> Result<(u32, u32)> {
    let mut decoder = ImageReader::new(file).with_guessed_format()?.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let lies = |orientation| {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
    };
    let is_lying = decoder.orientation().is_ok_and(lies);
    Ok(if is_lying { (height, width) } else { (width, height) })
}

/// Shrunk photos keep their shape to the pixel; a photo on its side does not.
fn is_same_shape((width, height): (u32, u32), labels: (f32, f32)) -> bool {
    let photo = width as f32 / height as f32;
    let labels = labels.0 / labels.1;
    (photo / labels).ln().abs() < 0.05
}

/// All jobs, shuffled, so that neighbours in a file show different photos.
pub fn jobs(photos: &[Photo], options: &Options) -> Vec<Job> {
    let mut rng = stream(options.seed, PLAN);
    let mut jobs = Vec::new();
    let of_split = |split| {
        let photos = photos.iter().enumerate();
        photos.filter(move |(_, photo)| photo.split == split).map(|(index, _)| index)
    };
    for photo in of_split(Split::Train) {
        for round in 0..options.whole {
            let kind = if round % 2 == 0 { Kind::Whole } else { Kind::Most };
            jobs.push(Job { photo, kind });
        }
    }
    let train: Vec<usize> = of_split(Split::Train).collect();
    jobs.extend(around(photos, &train, options, &mut rng));
    if !train.is_empty() {
        let empty = train.len() * options.empty / 100;
        jobs.extend(
            (0..empty).map(|_| Job { photo: *one_of(&train, &mut rng), kind: Kind::Empty }),
        );
    }
    for photo in of_split(Split::HeldOut) {
        jobs.extend(plain(photo, &photos[photo], options));
    }
    jobs.shuffle(&mut rng);
    jobs
}

/// A held-out photo whole, and its largest objects from nearer by: each once, as the app would
/// look.
fn plain(index: usize, photo: &Photo, options: &Options) -> Vec<Job> {
    let mut objects: Vec<usize> =
        (0..photo.labelled.objects.len()).filter(|&object| is_told(photo, object)).collect();
    let longer = |&object: &usize| longer_side(photo, object);
    objects.sort_by(|a, b| longer(b).total_cmp(&longer(a)));
    let near = objects.into_iter().take(options.per_photo).map(Kind::Around);
    let kinds = std::iter::once(Kind::Whole).chain(near);
    kinds.map(|kind| Job { photo: index, kind }).collect()
}

/// Crops around objects: first a class, each as likely as the square root of its count, then one
/// of its objects. Half-way between the data's own shares, which would drown the rare classes, and
/// even shares, which would show some objects a hundred times.
fn around(photos: &[Photo], train: &[usize], options: &Options, rng: &mut ChaCha8Rng) -> Vec<Job> {
    let mut by_class: [Vec<Job>; CLASSES.len()] = Default::default();
    for &photo in train {
        for (object, labelled) in photos[photo].labelled.objects.iter().enumerate() {
            let class = CLASSES.iter().position(|class| *class == labelled.label.as_str());
            let class = class.expect("datasets are read in the nine classes");
            if is_told(&photos[photo], object) {
                by_class[class].push(Job { photo, kind: Kind::Around(object) });
            }
        }
    }
    let weights: Vec<f32> = by_class.iter().map(|jobs| (jobs.len() as f32).sqrt()).collect();
    if weights.iter().all(|&weight| weight == 0.0) {
        return Vec::new();
    }
    // Every object of a class once before one comes twice.
    let mut decks: Vec<Vec<Job>> = vec![Vec::new(); CLASSES.len()];
    let draw = |_| {
        let class = weighted(&weights, rng);
        if decks[class].is_empty() {
            decks[class].clone_from(&by_class[class]);
            decks[class].shuffle(rng);
        }
        decks[class].pop().expect("a class without objects weighs nothing")
    };
    (0..train.len() * options.per_photo).map(draw).collect()
}

/// Whether there are enough pixels of an object to tell what it is.
fn is_told(photo: &Photo, object: usize) -> bool {
    longer_side(photo, object) >= LEAST_PIXELS
}

/// In pixels.
fn longer_side(photo: &Photo, object: usize) -> f32 {
    let bbox = extent(&photo.labelled.objects[object].rings);
    let (width, height) = (photo.size.0 as f32, photo.size.1 as f32);
    bbox.map_or(0.0, |bbox| (bbox.width() * width).max(bbox.height() * height))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use kerbside_core::mask::Point;
    use xtask::args::Args;
    use xtask::dataset::{Object, class_of};

    use super::super::Layout;
    use super::*;

    fn photo(number: usize, label: &str, side: f32, split: Split) -> Photo {
        let corners = [(0.1, 0.1), (0.1 + side, 0.1), (0.1, 0.1 + side)];
        let object = Object {
            label: class_of(label).unwrap(),
            category: label.to_owned(),
            rings: vec![corners.map(|(x, y)| Point { x, y }).to_vec()],
        };
        let file = PathBuf::from(format!("{number}.jpg"));
        let labelled = Sample { photo: file, size: None, objects: vec![object], ignored: vec![] };
        Photo { labelled, size: (200, 100), split, name: format!("{number}.jpg") }
    }

    fn options(more: &[&str]) -> Options {
        let words = ["somewhere", "--out", "out"].iter().chain(more).map(|&word| word.to_owned());
        Options::parse(Layout::Taco, Args::new(words.collect())).unwrap()
    }

    #[test]
    fn rare_classes_come_more_often_than_in_the_data() {
        let mut photos: Vec<Photo> =
            (0..99).map(|n| photo(n, "plastic", 0.5, Split::Train)).collect();
        photos.push(photo(99, "food", 0.5, Split::Train));
        let jobs = jobs(&photos, &options(&["--per-photo", "10", "--whole", "0", "--empty", "0"]));
        assert_eq!(jobs.len(), 1000);
        let food = jobs.iter().filter(|job| job.photo == 99).count();
        assert!((50..150).contains(&food), "√1 of √1 + √99 is 9 %: {food}");
        let most = (0..99).map(|n| jobs.iter().filter(|job| job.photo == n).count());
        assert!(most.clone().max().unwrap() - most.min().unwrap() <= 1, "each as often as another");
    }

    #[test]
    fn smudges_are_not_looked_at_and_held_out_photos_only_plainly() {
        let photos = [
            photo(0, "metal", 0.04, Split::Train),
            photo(1, "metal", 0.5, Split::HeldOut),
            photo(2, "metal", 0.04, Split::HeldOut),
        ];
        let jobs = jobs(&photos, &options(&["--whole", "3", "--empty", "100"]));
        let of = |photo| {
            let mut kinds: Vec<Kind> =
                jobs.iter().filter(|job| job.photo == photo).map(|job| job.kind).collect();
            kinds.sort_by_key(|kind| format!("{kind:?}"));
            kinds
        };
        assert_eq!(of(0), [Kind::Empty, Kind::Most, Kind::Whole, Kind::Whole]);
        assert_eq!(of(1), [Kind::Around(0), Kind::Whole]);
        assert_eq!(of(2), [Kind::Whole]);
    }

    #[test]
    fn a_plan_is_the_same_for_the_same_seed() {
        let photos: Vec<Photo> = (0..20).map(|n| photo(n, "glass", 0.5, Split::Train)).collect();
        let plan = |seed| jobs(&photos, &options(&["--seed", seed]));
        assert_eq!(plan("1"), plan("1"));
        assert_ne!(plan("1"), plan("2"));
    }

    #[test]
    fn photos_on_their_side_are_told_from_shrunk_ones() {
        assert!(is_same_shape((448, 336), (4032.0, 3024.0)));
        assert!(is_same_shape((146, 320), (1537.0, 3360.0)));
        assert!(!is_same_shape((336, 448), (4032.0, 3024.0)));
    }
}
