//! One view of a photo → one sample.

use image::RgbImage;
use kerbside_core::mask::MaskCodec;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use xtask::failure::Result;

use super::super::answer::Question;
use super::super::chance::stream;
use super::super::colour::Light;
use super::super::outline::extent;
use super::super::produce::Outcome;
use super::super::sample::{Sample, Split};
use super::super::seen::Seen;
use super::super::view::{Turn, View, Window, picture_of};
use super::options::Options;
use super::plan::{Job, Kind, Photo};

/// Windows tried before a job is given up.
const TRIES: usize = 12;

/// Share of the photo's sides that is seen at least where most of it is.
const MOST: f32 = 0.7;

/// The same of ground without objects.
const GROUND: (f32, f32) = (0.33, 0.67);

/// JPEG quality of held-out pictures; pictures to train on are now and then worse.
const GOOD_QUALITY: u8 = 92;

/// What all jobs share.
pub struct Studio<'a> {
    pub photos: &'a [Photo],
    pub codec: &'a MaskCodec,
    pub options: &'a Options,
}

impl Studio<'_> {
    /// Makes the sample of a job, or tells why there is none.
    ///
    /// # Errors
    /// If the photo cannot be read (unless such are left out) or the codec not be used.
    pub fn make(&self, job: &Job, number: usize) -> Result<Outcome<Sample>> {
        let photo = &self.photos[job.photo];
        let mut rng = stream(self.options.seed, number as u64);
        let Some((view, seen)) = self.look(photo, job.kind, &mut rng) else {
            return Ok(Outcome::NoView);
        };
        let frame = match photo.labelled.frame() {
            Ok(frame) => frame,
            Err(_) if self.options.skip_bad => return Ok(Outcome::BadPhoto),
            Err(error) => return Err(error.into()),
        };
        let picture = view.picture(&picture_of(frame), self.options.longest);
        let path = told(photo, &view);
        let (question, picture, quality) = match photo.split {
            Split::HeldOut => (Question::usual(), picture, GOOD_QUALITY),
            Split::Train => self.varied(picture, &mut rng),
        };
        let sample =
            question.sample(&picture, quality, path, &seen.items, photo.split, self.codec)?;
        Ok(Outcome::Made(Box::new(sample)))
    }

    /// Another question, light and quality than usual.
    fn varied(&self, picture: RgbImage, rng: &mut ChaCha8Rng) -> (Question, RgbImage, u8) {
        let question = Question::random(&self.options.asking, rng);
        let picture = Light::random(rng).fall_on(picture, rng);
        (question, picture, rng.random_range(78..=95))
    }

    /// A view of the photo that shows what it should, and what is seen there.
    fn look(&self, photo: &Photo, kind: Kind, rng: &mut ChaCha8Rng) -> Option<(View, Seen)> {
        (0..TRIES).find_map(|_| {
            let window = window(photo, kind, rng);
            let turn = match photo.split {
                Split::Train => Turn::random(rng),
                Split::HeldOut => Turn::default(),
            };
            let view = View { photo: photo.size, window, turn };
            let seen = Seen::through(&view, &photo.labelled, &self.options.rules);
            let shows = match kind {
                Kind::Around(object) => seen.objects.contains(&object),
                Kind::Whole | Kind::Most => {
                    !seen.items.is_empty() || photo.labelled.objects.is_empty()
                }
                Kind::Empty => is_empty(&view, photo),
            };
            (shows && seen.is_honest()).then_some((view, seen))
        })
    }
}

fn window(photo: &Photo, kind: Kind, rng: &mut ChaCha8Rng) -> Window {
    match kind {
        Kind::Whole => Window::whole(photo.size),
        Kind::Most => Window::part(photo.size, MOST, 1.0, rng),
        Kind::Around(object) => {
            let bbox = extent(&photo.labelled.objects[object].rings);
            Window::around(&bbox.expect("a planned object has points"), photo.size, rng)
        }
        Kind::Empty => Window::part(photo.size, GROUND.0, GROUND.1, rng),
    }
}

/// Whether no object, however small, and no crowd is seen.
fn is_empty(view: &View, photo: &Photo) -> bool {
    let objects = photo.labelled.objects.iter().map(|object| &object.rings);
    objects.chain([&photo.labelled.ignored]).all(|rings| {
        let bbox = extent(&view.rings(rings));
        bbox.is_none_or(|bbox| bbox.x2 <= 0.0 || bbox.y2 <= 0.0 || bbox.x1 >= 1.0 || bbox.y1 >= 1.0)
    })
}

/// Photo, window and turn, for whoever wants to see the original.
fn told(photo: &Photo, view: &View) -> String {
    let Window { left, top, width, height } = view.window;
    let Turn { mirrored, flipped, transposed } = view.turn;
    let turn: String = [(mirrored, 'm'), (flipped, 'f'), (transposed, 't')]
        .iter()
        .filter_map(|&(is_done, letter)| is_done.then_some(letter))
        .collect();
    let stem = photo.name.rsplit_once('.').map_or(photo.name.as_str(), |(stem, _)| stem);
    let dash = if turn.is_empty() { "" } else { "-" };
    format!("{stem}-{left}-{top}-{width}x{height}{dash}{turn}.jpg")
}
