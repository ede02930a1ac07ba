//! A session: one photo's way through the model, whose memory is used again for the next.

use std::time::Instant;

use serde_json::Value;

use super::items::{Items, WrittenItem, each_once};
use super::{Engine, SEGMENT, SegmentEvent, SegmentRequest, Stage, Timings};
use crate::cancel::CancelToken;
use crate::certainty::Calibration;
use crate::detection::{self, BBox, Detection, Label};
use crate::error::{Error, Result};
use crate::generate::chances::Chances;
use crate::generate::detection_grammar::{DetectionGrammar, Masks};
use crate::generate::generator::{Finish, Generator};
use crate::generate::sampler::{Sampler, Strategy};
use crate::generate::schema::Schema;
use crate::generate::structured_grammar::StructuredGrammar;
use crate::language::prompt::{self, Prefix};
use crate::lora::LoraAdapter;
use crate::mask::MaskCodec;
use crate::pack::PrefixMode;
use crate::paligemma::Sequence;
use crate::photo::Frame;
use crate::structured;
use crate::vision::preprocess::preprocess;

/// One photo's way through the model. One thread at a time.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
    sequence: Sequence,
    /// Of questions to adapters that see no photo. Another one, so that the photo's keys stay.
    text: Option<Sequence>,
    photo: Option<Photo>,
    /// How often the photo's image tokens went through the decoder.
    image_reads: usize,
    timings: Timings,
}

/// The photo of a session as the model sees it.
#[derive(Debug)]
struct Photo {
    /// `[3, size, size]`.
    pixels: Vec<f32>,
    /// `[image tokens, hidden]`.
    features: Vec<f32>,
    /// The adapter that changed the vision tower while these features were made.
    tower: Option<String>,
}

impl Session {
    /// The memory of a session with this engine.
    pub(super) fn new(engine: &Engine) -> Self {
        let capacity = engine.0.model.image_tokens() + engine.0.text_positions;
        Self {
            engine: engine.clone(),
            sequence: engine.0.model.sequence(capacity),
            text: None,
            photo: None,
            image_reads: 0,
            timings: Timings::default(),
        }
    }

    /// Shows the model a photo: the vision tower runs here, once.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; the session then has no photo.
    pub fn set_photo(&mut self, frame: &Frame, cancel: &CancelToken) -> Result<()> {
        self.set_photo_staged(frame, cancel, &mut |_| {})
    }

    pub(crate) fn set_photo_staged(
        &mut self,
        frame: &Frame,
        cancel: &CancelToken,
        on_stage: &mut dyn FnMut(Stage),
    ) -> Result<()> {
        self.photo = None;
        self.image_reads = 0;
        self.sequence.reset();
        self.timings = Timings::default();
        let size = self.engine.manifest().architecture.image_size;
        let start = Instant::now();
        let pixels = preprocess(frame, size);
        self.timings.preprocess = start.elapsed();
        on_stage(Stage::Preprocessed);
        let adapter = self.engine.adapter_of(SEGMENT)?;
        let (features, tower) = self.look(&pixels, adapter.as_deref(), cancel)?;
        on_stage(Stage::Seen);
        self.photo = Some(Photo { pixels, features, tower });
        Ok(())
    }

    /// Whether it has been shown a photo.
    pub(crate) fn has_photo(&self) -> bool {
        self.photo.is_some()
    }

    /// The engine it belongs to.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// How often the image tokens of this photo went through the decoder: once for all questions
    /// where the pack keeps the image apart from the prompt, once for each where it does not.
    pub fn image_reads(&self) -> usize {
        self.image_reads
    }

    /// How long the stages of the last answer took.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// Outlines the photo's items, each thing once. `on_event` hears of each part the moment it is
    /// complete.
    ///
    /// # Errors
    /// [`Error::NoPhoto`], [`Error::Cancelled`] (the photo stays set), labels that cannot be
    /// asked for.
    pub fn segment(
        &mut self,
        request: &SegmentRequest,
        cancel: &CancelToken,
        on_event: &mut dyn FnMut(SegmentEvent),
    ) -> Result<Vec<Detection>> {
        let items = self.segment_staged(request, cancel, &mut |stage| {
            if let Stage::Part(event) = stage {
                on_event(event);
            }
        })?;
        Ok(items.into_iter().map(|item| item.detection).collect())
    }

    /// [`Self::segment`], each item with the number its events had and the evidence for it.
    pub(crate) fn segment_staged(
        &mut self,
        request: &SegmentRequest,
        cancel: &CancelToken,
        on_stage: &mut dyn FnMut(Stage),
    ) -> Result<Vec<WrittenItem>> {
        let calibration = self.engine.calibration_of(SEGMENT);
        let items = self.answer(request, &calibration, cancel, on_stage)?;
        Ok(each_once(items, &mut |event| on_stage(Stage::Part(event))))
    }

    /// All that the model writes of the photo, doubled and improbable items too, each with the
    /// evidence for it: what a calibration is measured on.
    ///
    /// # Errors
    /// As [`Self::segment`].
    pub fn write(
        &mut self,
        request: &SegmentRequest,
        cancel: &CancelToken,
    ) -> Result<Vec<WrittenItem>> {
        self.answer(request, &Calibration::default(), cancel, &mut |_| {})
    }

    /// The items of one answer that `calibration` does not take for noise.
    fn answer(
        &mut self,
        request: &SegmentRequest,
        calibration: &Calibration,
        cancel: &CancelToken,
        on_stage: &mut dyn FnMut(Stage),
    ) -> Result<Vec<WrittenItem>> {
        let begin = Instant::now();
        let engine = self.engine.clone();
        let adapter = self.engine.adapter_of(SEGMENT)?;
        let labels: Vec<Label> =
            request.labels.iter().map(|l| Label::new(l)).collect::<Result<_, _>>()?;
        let masks = if engine.codec().is_some() { Masks::With } else { Masks::Without };
        let question = match masks {
            Masks::With => prompt::segment(&request.labels),
            Masks::Without => prompt::detect(&request.labels),
        };
        let mut grammar =
            DetectionGrammar::new(engine.tokenizer()?, &request.labels, masks, request.max_items)?;
        let prefix = Prefix::new(engine.tokenizer()?, engine.model().image_tokens(), &question)?;
        let room = self.ask(&prefix, adapter.as_deref(), cancel)?;
        on_stage(Stage::Prefilled);

        let start = Instant::now();
        let mut items = Items::new(engine.codec(), &labels, calibration, begin);
        let sampler = Sampler::new(Strategy::Greedy).on_scale(engine.tokenizer()?.locations());
        let weighed = engine.tokenizer()?.codes();
        let mut generator = Generator { sampler, max_tokens: room, weighed };
        let mut decoder = engine
            .writing(&mut self.sequence, adapter.as_deref(), cancel)
            .guessing(engine.codec().and_then(MaskCodec::guesses), engine.tokenizer()?.codes());
        let outcome = generator.run(&mut decoder, &mut grammar, cancel, &mut |report| {
            items.take(report, &mut |event| on_stage(Stage::Part(event)));
        })?;
        self.timings.masks = items.mask_time;
        self.timings.decode = start.elapsed() - items.mask_time;
        self.timings.first_mask = items.first_mask;
        self.timings.tokens = outcome.statistics;
        self.timings.passes = decoder.passes();
        Ok(items.complete)
    }

    /// Looks again at a part of the photo, enlarged to the model's whole square, and merges what
    /// it finds into `known`. Small things far away need this. The session's photo is the crop
    /// afterwards.
    ///
    /// # Errors
    /// As [`Self::set_photo`] and [`Self::segment`].
    pub fn look_again(
        &mut self,
        (crop, region): (&Frame, &BBox),
        known: Vec<Detection>,
        request: &SegmentRequest,
        cancel: &CancelToken,
        on_event: &mut dyn FnMut(SegmentEvent),
    ) -> Result<Vec<Detection>> {
        self.look_again_staged((crop, region), known, request, cancel, &mut |stage| {
            if let Stage::Part(event) = stage {
                on_event(event);
            }
        })
    }

    pub(crate) fn look_again_staged(
        &mut self,
        (crop, region): (&Frame, &BBox),
        known: Vec<Detection>,
        request: &SegmentRequest,
        cancel: &CancelToken,
        on_stage: &mut dyn FnMut(Stage),
    ) -> Result<Vec<Detection>> {
        self.set_photo_staged(crop, cancel, on_stage)?;
        let found = self.segment_staged(request, cancel, &mut |stage| {
            on_stage(match stage {
                Stage::Part(event) => Stage::Part(event.into_photo(region)),
                other => other,
            });
        })?;
        let found = found.into_iter().map(|item| item.detection.from_crop(region));
        Ok(detection::merge(known.into_iter().chain(found).collect()))
    }

    /// Asks a question whose answer has a shape.
    ///
    /// # Errors
    /// [`Error::NoPhoto`] where the adapter sees one, [`Error::Cancelled`] (the photo stays set), a
    /// question that leaves no room for the answer, a shape that cannot be written.
    pub(crate) fn ask_structured(
        &mut self,
        task: &str,
        question: &str,
        schema: &Schema,
        cancel: &CancelToken,
    ) -> Result<Answer> {
        let (start, prefill) = (Instant::now(), self.timings.prefill);
        let engine = self.engine.clone();
        let adapter = engine.adapter_of(task)?;
        let mut grammar = StructuredGrammar::new(engine.tokenizer()?, schema)?;
        let places = grammar.clone();
        let sees_photo = adapter.as_ref().is_none_or(|adapter| adapter.sees_photo());
        let images = if sees_photo { engine.model().image_tokens() } else { 0 };
        let prefix = Prefix::of_markup(engine.tokenizer()?, images, question)?;
        let max_tokens = match sees_photo {
            true => self.ask(&prefix, adapter.as_deref(), cancel)?,
            false => self.ask_unseen(&prefix, adapter.as_deref(), cancel)?,
        };
        let sampler = Sampler::new(Strategy::Greedy);
        let mut generator = Generator { sampler, max_tokens, weighed: 0..0 };
        let sequence = if sees_photo { Some(&mut self.sequence) } else { self.text.as_mut() };
        let sequence = sequence.expect("the question was read into it");
        let mut decoder = engine.writing(sequence, adapter.as_deref(), cancel);
        let mut chances = Chances::default();
        let outcome = generator.run(&mut decoder, &mut grammar, cancel, &mut |report| {
            let place = places.place(report.event.field);
            chances.multiply(place, report.likelihood.product());
        })?;
        let value = match outcome.finish {
            Finish::Complete => {
                let text = engine.tokenizer()?.decode(&outcome.tokens)?;
                structured::read(&text).expect("the grammar writes what can be read")
            }
            Finish::Limit => Value::Null,
        };
        // The stages are those of the first task.
        self.timings.prefill = prefill;
        self.timings.structured += start.elapsed();
        Ok(Answer { value, chances })
    }

    /// Image features, and the adapter's id if it has a part in them.
    fn look(
        &mut self,
        pixels: &[f32],
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<(Vec<f32>, Option<String>)> {
        let adapter = adapter.filter(|a| a.touches_vision());
        let start = Instant::now();
        let model = self.engine.model();
        let features = self.engine.on_threads(|| model.image_features(pixels, adapter, cancel))?;
        self.timings.vision = start.elapsed();
        if !self.engine.is_small() {
            // Their pages are of no use while the answer is written.
            self.engine.0.weights.release("vision.");
        }
        Ok((features, adapter.map(|a| a.id().to_owned())))
    }

    /// Reads photo and prompt; returns the positions left for the answer.
    fn ask(
        &mut self,
        prefix: &Prefix,
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<usize> {
        let mut photo = self.photo.take().ok_or(Error::NoPhoto)?;
        let result = self.read(&mut photo, prefix, adapter, cancel);
        self.photo = Some(photo);
        result
    }

    /// Reads a prompt alone; returns the positions left for the answer.
    fn ask_unseen(
        &mut self,
        prefix: &Prefix,
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<usize> {
        let engine = self.engine.clone();
        let (needed, room) = (prefix.positions(), engine.0.text_positions);
        if needed >= room {
            return Err(Error::TooLong { needed, room });
        }
        let sequence = self.text.get_or_insert_with(|| engine.model().sequence(room));
        engine
            .on_threads(|| engine.model().prefill_text(sequence, &prefix.text, adapter, cancel))?;
        Ok(room - needed)
    }

    fn read(
        &mut self,
        photo: &mut Photo,
        prefix: &Prefix,
        adapter: Option<&LoraAdapter>,
        cancel: &CancelToken,
    ) -> Result<usize> {
        let engine = self.engine.clone();
        let tower = adapter.filter(|a| a.touches_vision()).map(LoraAdapter::id);
        if photo.tower.as_deref() != tower {
            // Another adapter had a part in these features, and so in the image's cached keys.
            self.sequence.reset();
            (photo.features, photo.tower) = self.look(&photo.pixels, adapter, cancel)?;
        }
        let (needed, room) = (prefix.positions(), self.sequence.capacity());
        if needed >= room {
            return Err(Error::TooLong { needed, room });
        }
        let start = Instant::now();
        let sequence = &mut self.sequence;
        let isolated = engine.model().mode() == PrefixMode::Isolated;
        let was_read = isolated && sequence.len() >= prefix.image_tokens;
        let result = engine.on_threads(|| {
            engine.model().prefill(sequence, &photo.features, &prefix.text, adapter, cancel)
        });
        let is_read = sequence.len() >= prefix.image_tokens;
        self.image_reads += usize::from(is_read && !was_read);
        result?;
        self.timings.prefill = start.elapsed();
        Ok(room - needed)
    }
}

/// An answer of a given shape, sure or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The answer; null where there was no room to finish it.
    pub value: Value,
    /// How probable its values are.
    pub chances: Chances,
}
