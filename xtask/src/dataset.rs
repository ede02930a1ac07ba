//! Labelled photos: a YOLO folder with polygons or a COCO folder, in the app's nine classes.
//!
//! ```text
//! YOLO   classes.txt, images/*.jpg, labels/*.txt   class index, then x y x y … in 0..=1
//! COCO   annotations.json and the photos it names  polygons in pixels, crowds ignored
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use kerbside_core::detection::Label;
use kerbside_core::engine::CLASSES;
use kerbside_core::mask::{BinaryMask, Point};
use kerbside_core::photo::{Frame, PhotoError};
use serde::Deserialize;

/// Why a dataset or one of its photos cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A file cannot be read.
    #[error("{} cannot be read", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// Neither layout.
    #[error("{} has neither classes.txt (YOLO) nor annotations.json (COCO)", .0.display())]
    Layout(PathBuf),
    /// A class that is none of the nine and not mapped to one.
    #[error("{0:?} is neither one of the nine classes nor one of TACO's sixty")]
    Class(String),
    /// A label file that does not follow its format.
    #[error("{}: {reason}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A photo that cannot be decoded.
    #[error("{}", .path.display())]
    Photo {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: PhotoError,
    },
}

/// A closed outline, points in `0..=1` of the photo.
pub type Ring = Vec<Point>;

/// One labelled thing; all its rings together are its mask.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// One of [`CLASSES`].
    pub label: Label,
    /// What the dataset itself calls it.
    pub category: String,
    /// Each filled by the even-odd rule, then united.
    pub rings: Vec<Ring>,
}

/// One photo and what is on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The photo's file.
    pub photo: PathBuf,
    /// Columns and rows of the photo that was labelled, where the dataset tells them. The file may
    /// be a smaller copy.
    pub size: Option<(f32, f32)>,
    /// What should be found.
    pub objects: Vec<Object>,
    /// Crowds: finding something there is neither right nor wrong.
    pub ignored: Vec<Ring>,
}

/// A folder of labelled photos, in the order of their names (YOLO) or of the file (COCO).
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The photos.
    pub samples: Vec<Sample>,
}

impl Dataset {
    /// Reads the labels of a folder; photos are read one by one, by [`Sample::frame`].
    ///
    /// # Errors
    /// Any [`DatasetError`] but a photo's.
    pub fn open(folder: &Path) -> Result<Self, DatasetError> {
        let samples = if folder.join("annotations.json").exists() {
            coco(folder)?
        } else if folder.join("classes.txt").exists() {
            yolo(folder)?
        } else {
            return Err(DatasetError::Layout(folder.to_owned()));
        };
        Ok(Self { samples })
    }
}

impl Sample {
    /// The photo, upright.
    ///
    /// # Errors
    /// [`DatasetError::Read`] and [`DatasetError::Photo`].
    pub fn frame(&self) -> Result<Frame, DatasetError> {
        let bytes = read(&self.photo)?;
        Frame::from_encoded(&bytes)
            .map_err(|source| DatasetError::Photo { path: self.photo.clone(), source })
    }

    /// The region to ignore as pixels of a photo of `width`×`height`.
    pub fn ignored_mask(&self, width: usize, height: usize) -> BinaryMask {
        rasterise(&self.ignored, width, height)
    }
}

impl Object {
    /// The object as pixels of a photo of `width`×`height`.
    pub fn mask(&self, width: usize, height: usize) -> BinaryMask {
        rasterise(&self.rings, width, height)
    }
}

fn rasterise(rings: &[Ring], width: usize, height: usize) -> BinaryMask {
    let mut mask = BinaryMask::new(width, height);
    rings.iter().for_each(|ring| mask.fill_ring(ring));
    mask
}

/// The one of the nine classes that a dataset's class belongs to.
///
/// # Errors
/// [`DatasetError::Class`].
pub fn class_of(name: &str) -> Result<Label, DatasetError> {
    let class = match name.trim() {
        own if CLASSES.contains(&own) => own,
        "Glass bottle" | "Broken glass" | "Glass cup" | "Glass jar" => "glass",
        "Paper cup"
        | "Magazine paper"
        | "Wrapping paper"
        | "Normal paper"
        | "Paper bag"
        | "Plastified paper bag"
        | "Paper straw" => "paper",
        "Other carton" | "Egg carton" | "Drink carton" | "Corrugated carton" | "Meal carton"
        | "Pizza box" | "Toilet tube" | "cardboard" => "carton",
        "Aluminium foil"
        | "Aluminium blister pack"
        | "Metal bottle cap"
        | "Food Can"
        | "Drink can"
        | "Metal lid"
        | "Scrap metal"
        | "Pop tab" => "metal",
        "Foam cup" | "Foam food container" | "Styrofoam piece" => "foam",
        "Aerosol" | "Battery" | "Rope & strings" | "Shoe" | "Cigarette" => "special",
        "Food waste" | "biological" => "food",
        "Tissues" | "Unlabeled litter" | "trash" => "general",
        "Carded blister pack"
        | "Other plastic bottle"
        | "Clear plastic bottle"
        | "Plastic bottle cap"
        | "Disposable plastic cup"
        | "Other plastic cup"
        | "Plastic lid"
        | "Other plastic"
        | "Plastic film"
        | "Six pack rings"
        | "Garbage bag"
        | "Other plastic wrapper"
        | "Single-use carrier bag"
        | "Polypropylene bag"
        | "Crisp packet"
        | "Spread tub"
        | "Tupperware"
        | "Disposable food container"
        | "Other plastic container"
        | "Plastic glooves"
        | "Plastic utensils"
        | "Squeezable tube"
        | "Plastic straw" => "plastic",
        _ => return Err(DatasetError::Class(name.to_owned())),
    };
    Ok(Label::new(class).expect("the nine classes are labels"))
}

fn read(path: &Path) -> Result<Vec<u8>, DatasetError> {
    fs::read(path).map_err(|source| DatasetError::Read { path: path.to_owned(), source })
}

fn read_text(path: &Path) -> Result<String, DatasetError> {
    fs::read_to_string(path).map_err(|source| DatasetError::Read { path: path.to_owned(), source })
}

fn yolo(folder: &Path) -> Result<Vec<Sample>, DatasetError> {
    let names = read_text(&folder.join("classes.txt"))?;
    let names = names.lines().filter(|line| !line.trim().is_empty());
    let class = |name: &str| Ok((class_of(name)?, name.trim().to_owned()));
    let classes = names.map(class).collect::<Result<Vec<Class>, _>>()?;
    let images = folder.join("images");
    let entries = fs::read_dir(&images)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>());
    let mut photos: Vec<PathBuf> =
        entries.map_err(|source| DatasetError::Read { path: images, source })?;
    photos.sort();
    let sample = |photo: PathBuf| {
        let name = Path::new(photo.file_name().expect("a folder's entry has a name"));
        let labels = folder.join("labels").join(name).with_extension("txt");
        // YOLO leaves the file out where nothing is on the photo.
        let text = if labels.exists() { read_text(&labels)? } else { String::new() };
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let object = |line| {
            yolo_object(line, &classes)
                .map_err(|reason| DatasetError::Format { path: labels.clone(), reason })
        };
        let objects = lines.map(object).collect::<Result<_, _>>()?;
        Ok(Sample { photo, size: None, objects, ignored: Vec::new() })
    };
    photos.into_iter().map(sample).collect()
}

/// One of the nine classes, and the dataset's own word for it.
type Class = (Label, String);

/// `class x y x y …`, or `class centre_x centre_y width height` for a box.
fn yolo_object(line: &str, classes: &[Class]) -> Result<Object, String> {
    let (class, rest) = line.trim().split_once(' ').ok_or("a line without points")?;
    let known = class.parse().ok().and_then(|class: usize| classes.get(class));
    let unknown = || format!("{class:?} is no line of classes.txt");
    let (label, category) = known.ok_or_else(unknown)?.clone();
    let numbers: Result<Vec<f32>, _> = rest.split_whitespace().map(str::parse).collect();
    let numbers = numbers.map_err(|_| format!("{rest:?} are not numbers"))?;
    let ring = match numbers.as_slice() {
        &[x, y, width, height] => {
            let (left, right) = (x - width / 2.0, x + width / 2.0);
            let (top, bottom) = (y - height / 2.0, y + height / 2.0);
            ring_of(&[left, top, right, top, right, bottom, left, bottom], (1.0, 1.0))
        }
        numbers => ring_of(numbers, (1.0, 1.0)),
    };
    Ok(Object { label, category, rings: vec![ring?] })
}

/// `x y x y …` in a photo of `width`×`height`.
fn ring_of(numbers: &[f32], (width, height): (f32, f32)) -> Result<Ring, String> {
    let (points, rest) = numbers.as_chunks::<2>();
    if points.len() < 3 || !rest.is_empty() {
        return Err(format!("{} numbers are no polygon", numbers.len()));
    }
    if !numbers.iter().all(|number| number.is_finite()) || width <= 0.0 || height <= 0.0 {
        return Err("a polygon with a point that is nowhere".into());
    }
    Ok(points.iter().map(|[x, y]| Point { x: x / width, y: y / height }).collect())
}

#[derive(Deserialize)]
struct Coco {
    images: Vec<CocoImage>,
    annotations: Vec<CocoAnnotation>,
    categories: Vec<CocoCategory>,
}

#[derive(Deserialize)]
struct CocoImage {
    id: u64,
    file_name: String,
    width: f32,
    height: f32,
}

#[derive(Deserialize)]
struct CocoAnnotation {
    image_id: u64,
    category_id: u64,
    segmentation: Segmentation,
    /// Left, top, width, height in pixels.
    bbox: [f32; 4],
    #[serde(default)]
    iscrowd: u8,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Segmentation {
    /// Polygons in pixels.
    Polygons(Vec<Vec<f32>>),
    /// Run lengths, which COCO uses for crowds only.
    Runs(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct CocoCategory {
    id: u64,
    name: String,
}

fn coco(folder: &Path) -> Result<Vec<Sample>, DatasetError> {
    let path = folder.join("annotations.json");
    let format = |reason: String| DatasetError::Format { path: path.clone(), reason };
    let coco: Coco =
        serde_json::from_slice(&read(&path)?).map_err(|error| format(error.to_string()))?;
    let mut classes = BTreeMap::new();
    for category in &coco.categories {
        classes.insert(category.id, (class_of(&category.name)?, category.name.clone()));
    }
    let mut samples = BTreeMap::new();
    for image in &coco.images {
        let photo = folder.join(&image.file_name);
        let size = (image.width, image.height);
        let sample = Sample { photo, size: Some(size), objects: Vec::new(), ignored: Vec::new() };
        samples.insert(image.id, (size, sample));
    }
    for annotation in &coco.annotations {
        let unknown = |what: &str, id: u64| {
            format(format!("an annotation of {what} {id}, which is not there"))
        };
        let (size, sample) = samples
            .get_mut(&annotation.image_id)
            .ok_or_else(|| unknown("image", annotation.image_id))?;
        let (label, category) = classes
            .get(&annotation.category_id)
            .cloned()
            .ok_or_else(|| unknown("category", annotation.category_id))?;
        let rings = coco_rings(annotation, *size)
            .map_err(|reason| format(format!("{}: {reason}", sample.photo.display())))?;
        if annotation.iscrowd == 0 {
            sample.objects.push(Object { label, category, rings });
        } else {
            sample.ignored.extend(rings);
        }
    }
    let order = coco.images.iter().filter_map(|image| samples.remove(&image.id));
    Ok(order.map(|(_, sample)| sample).collect())
}

/// An annotation's outlines, lines and points among them left out; of a crowd told by run lengths,
/// its box.
fn coco_rings(annotation: &CocoAnnotation, size: (f32, f32)) -> Result<Vec<Ring>, String> {
    match &annotation.segmentation {
        Segmentation::Polygons(polygons) => {
            let have_area = polygons.iter().filter(|polygon| polygon.len() > 5);
            have_area.map(|polygon| ring_of(polygon, size)).collect()
        }
        Segmentation::Runs(_) if annotation.iscrowd == 1 => {
            let [x, y, width, height] = annotation.bbox;
            let (right, bottom) = (x + width, y + height);
            Ok(vec![ring_of(&[x, y, right, y, right, bottom, x, bottom], size)?])
        }
        Segmentation::Runs(_) => Err("an object given by run lengths: polygons are read".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn tacos_sixty_fall_into_the_nine_classes() {
        assert_eq!(class_of("Drink can").unwrap().as_str(), "metal");
        assert_eq!(class_of("Plastified paper bag").unwrap().as_str(), "paper");
        assert_eq!(class_of("Plastic glooves").unwrap().as_str(), "plastic");
        assert_eq!(class_of("cardboard").unwrap().as_str(), "carton");
        for class in CLASSES {
            assert_eq!(class_of(class).unwrap().as_str(), class);
        }
        assert!(matches!(class_of("elephant"), Err(DatasetError::Class(_))));
    }

    #[test]
    fn yolo_polygons_boxes_and_empty_photos_are_read() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "classes.txt", "metal\ncardboard\n");
        write(folder.path(), "images/a.jpg", "");
        write(folder.path(), "images/b.jpg", "");
        write(folder.path(), "labels/b.txt", "1 0 0 0.5 0 0.5 1 0 1\n0 0.75 0.5 0.5 0.5\n");
        let dataset = Dataset::open(folder.path()).unwrap();
        assert_eq!(dataset.samples.len(), 2);
        assert!(dataset.samples[0].objects.is_empty());
        let [carton, metal] = dataset.samples[1].objects.as_slice() else { panic!() };
        assert_eq!((carton.label.as_str(), metal.label.as_str()), ("carton", "metal"));
        assert_eq!(carton.mask(10, 10).area(), 50);
        assert_eq!(metal.mask(8, 8).area(), 16);
        assert!(metal.mask(8, 8).get(4, 2) && !metal.mask(8, 8).get(3, 2));
    }

    #[test]
    fn wrong_labels_are_refused_by_file() {
        for (line, reason) in [
            ("7 0 0 1 0 1 1", "no line of"),
            ("0 0 0 1 0 1", "5 numbers"),
            ("0 0 0 1 0 1 nan", "nowhere"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), "classes.txt", "metal");
            write(folder.path(), "images/a.jpg", "");
            write(folder.path(), "labels/a.txt", line);
            let message = Dataset::open(folder.path()).unwrap_err().to_string();
            assert!(message.contains("a.txt") && message.contains(reason), "{message}");
        }
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(Dataset::open(empty.path()), Err(DatasetError::Layout(_))));
    }

    #[test]
    fn coco_objects_may_have_several_polygons_and_crowds_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            "annotations.json",
            r#"{
              "images": [{"id": 7, "file_name": "batch_1/x.jpg", "width": 20, "height": 10}],
              "categories": [{"id": 0, "name": "Glass jar"}],
              "annotations": [
                {"image_id": 7, "category_id": 0, "iscrowd": 0, "bbox": [0, 0, 20, 10],
                 "segmentation": [[0,0,2,0,2,2,0,2], [3,3,4,4], [10,4,20,4,20,10,10,10]]},
                {"image_id": 7, "category_id": 0, "iscrowd": 1, "bbox": [4, 0, 2, 10],
                 "segmentation": {"counts": [1, 2], "size": [10, 20]}}
              ]
            }"#,
        );
        let dataset = Dataset::open(folder.path()).unwrap();
        let sample = &dataset.samples[0];
        assert_eq!(sample.photo, folder.path().join("batch_1/x.jpg"));
        assert_eq!(sample.objects.len(), 1);
        assert_eq!(sample.size, Some((20.0, 10.0)));
        assert_eq!(sample.objects[0].label.as_str(), "glass");
        assert_eq!(sample.objects[0].category, "Glass jar");
        assert_eq!(sample.objects[0].mask(20, 10).area(), 4 + 60);
        assert_eq!(sample.ignored_mask(20, 10).area(), 20);
    }
}
