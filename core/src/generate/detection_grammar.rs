//! The answers of `segment` and `detect`: items of a box, 16 mask codes and a label.
//!
//! ```text
//! answer = [ item { " ; " item } ] <eos>            at most `max_items` items
//! item   = <loc y1> <loc x1> <loc y2> <loc x2>  16 × <seg>  " " label
//! ```
//!
//! With [`Masks::Without`] there are no `<seg>`. Boxes are never inverted or empty: `y1` leaves
//! room for a greater `y2`, and likewise for x. The form is PaliGemma's (Beyer et al. 2024,
//! <https://arxiv.org/abs/2407.07726>, §3.2).
//!
//! `" label"` and `" ; "` are tokenised each by itself. In Gemma's vocabulary no merge crosses
//! their border; where one would, [`DetectionGrammar::encode`] gives training the right tokens.

use std::ops::Range;

use super::grammar::{Grammar, GrammarError};
use super::lexicon::{Cursor, Lexicon, LexiconError};
use super::rows::RowSet;
use crate::language::tokenizer::Tokenizer;

/// Codes of one mask.
pub const CODES_PER_MASK: usize = 16;
const COORDINATES: usize = 4;

/// Whether items have masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Masks {
    /// 16 `<seg>` between box and label.
    With,
    /// Box and label only.
    Without,
}

/// One item as the model wrote it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ItemTokens {
    /// `y1, x1, y2, x2` in 1023rds of the photo's height and width; `y1 < y2`, `x1 < x2`.
    pub corners: [u16; COORDINATES],
    /// Entries of the mask codebook, `None` without masks.
    pub codes: Option<[u8; CODES_PER_MASK]>,
    /// Index in the list of labels.
    pub label: usize,
}

/// What became complete. `item` counts from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetectionProgress {
    /// The fourth `<loc>`.
    Box {
        /// Which item.
        item: usize,
        /// `y1, x1, y2, x2` in 1023rds.
        corners: [u16; COORDINATES],
    },
    /// The last `<seg>`.
    Codes {
        /// Which item.
        item: usize,
        /// Entries of the mask codebook.
        codes: [u8; CODES_PER_MASK],
    },
    /// The label, and with it the item. Where another label begins with this one, it is known
    /// only by the token after it.
    Label {
        /// Which item.
        item: usize,
        /// Index in the list of labels.
        label: usize,
    },
    /// The tokens ran out before the item was complete: what was reported of it is void.
    Dropped {
        /// Which item.
        item: usize,
    },
}

/// The grammar of one answer.
#[derive(Debug, Clone)]
pub struct DetectionGrammar {
    locations: Range<u32>,
    codes: Range<u32>,
    eos: u32,
    masks: Masks,
    max_items: usize,
    labels: Lexicon,
    joints: Lexicon,
    state: State,
    rows: RowSet,
    /// The item being written.
    draft: ItemTokens,
    items: Vec<ItemTokens>,
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
enum State {
    /// The n-th of `y1, x1, y2, x2`; instead of the very first, `<eos>`.
    Coordinate(usize),
    /// The n-th mask code.
    Code(usize),
    /// The rest of a label.
    Label(Cursor),
    /// The rest of what stands between or after items.
    Joint(Cursor),
    Finished,
}

/// Indices in `joints`.
const SEPARATOR: usize = 0;
const EOS: usize = 1;

impl DetectionGrammar {
    /// An answer with at most `max_items` items under these labels.
    ///
    /// # Errors
    /// When there is no label, one occurs twice or cannot be written, or the end of one cannot be
    /// told from what follows.
    pub fn new(
        tokenizer: &Tokenizer,
        labels: &[impl AsRef<str>],
        masks: Masks,
        max_items: usize,
    ) -> Result<Self, LexiconError> {
        let labels: Vec<String> = labels.iter().map(|l| format!(" {}", l.as_ref())).collect();
        let separator = " ; ".to_owned();
        let joints = vec![
            (tokenizer.encode_text(&separator)?, separator),
            (vec![tokenizer.eos()], String::new()),
        ];
        let mut grammar = Self {
            locations: tokenizer.locations(),
            codes: tokenizer.codes(),
            eos: tokenizer.eos(),
            masks,
            max_items,
            labels: Lexicon::new(tokenizer, &labels)?,
            joints: Lexicon::from_words(joints)?,
            state: State::Coordinate(0),
            rows: RowSet::default(),
            draft: ItemTokens::default(),
            items: Vec::new(),
        };
        grammar.check_labels()?;
        grammar.restart();
        Ok(grammar)
    }

    /// The items that are complete.
    pub fn items(&self) -> &[ItemTokens] {
        &self.items
    }

    /// The tokens of an answer, as training must show it to the model.
    ///
    /// # Errors
    /// When the items are no answer of this grammar.
    pub fn encode(&self, items: &[ItemTokens]) -> Result<Vec<u32>, GrammarError> {
        let mut tokens = Vec::new();
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                tokens.extend(word(&self.joints, SEPARATOR)?);
            }
            tokens.extend(item.corners.map(|corner| self.locations.start + u32::from(corner)));
            let codes = item.codes.iter().flatten();
            tokens.extend(codes.map(|code| self.codes.start + u32::from(*code)));
            tokens.extend(word(&self.labels, item.label)?);
        }
        tokens.push(self.eos);
        let mut reader = self.clone();
        reader.restart();
        for token in &tokens {
            reader.advance(*token).map_err(|_| GrammarError::NotAnAnswer)?;
        }
        Ok(tokens)
    }

    fn check_labels(&self) -> Result<(), LexiconError> {
        let mut following = RowSet::default();
        self.joints.insert_next(self.joints.start(), &mut following);
        self.labels.check_following(following.as_slice())
    }

    fn restart(&mut self) {
        self.items.clear();
        let state = if self.max_items == 0 {
            State::Joint(self.joints.only(EOS))
        } else {
            State::Coordinate(0)
        };
        self.enter(state);
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.rows.clear();
        match state {
            State::Coordinate(n) => {
                self.rows.insert_range(self.coordinate_rows(n));
                if n == 0 && self.items.is_empty() {
                    self.rows.insert(self.eos);
                }
            }
            State::Code(_) => self.rows.insert_range(self.codes.clone()),
            State::Label(cursor) => {
                self.labels.insert_next(cursor, &mut self.rows);
                if self.labels.complete(cursor).is_some() {
                    self.joints.insert_next(self.next_joint(), &mut self.rows);
                }
            }
            State::Joint(cursor) => self.joints.insert_next(cursor, &mut self.rows),
            State::Finished => {}
        }
    }

    /// `y1` and `x1` leave out the last location, `y2` and `x2` begin after `y1` and `x1`.
    fn coordinate_rows(&self, n: usize) -> Range<u32> {
        let Range { start, end } = self.locations;
        match n {
            0 | 1 => start..end - 1,
            _ => start + u32::from(self.draft.corners[n - 2]) + 1..end,
        }
    }

    /// What may follow the item being written.
    fn next_joint(&self) -> Cursor {
        if self.items.len() + 1 < self.max_items {
            self.joints.start()
        } else {
            self.joints.only(EOS)
        }
    }

    fn coordinate(&mut self, n: usize, token: u32) -> Option<DetectionProgress> {
        if token == self.eos {
            self.enter(State::Finished);
            return None;
        }
        self.draft.corners[n] = (token - self.locations.start) as u16;
        if n + 1 < COORDINATES {
            self.enter(State::Coordinate(n + 1));
            return None;
        }
        self.draft.codes = None;
        self.enter(match self.masks {
            Masks::With => State::Code(0),
            Masks::Without => State::Label(self.labels.start()),
        });
        Some(DetectionProgress::Box { item: self.items.len(), corners: self.draft.corners })
    }

    fn code(&mut self, n: usize, token: u32) -> Option<DetectionProgress> {
        let codes = self.draft.codes.get_or_insert_default();
        codes[n] = (token - self.codes.start) as u8;
        let codes = *codes;
        if n + 1 < CODES_PER_MASK {
            self.enter(State::Code(n + 1));
            return None;
        }
        self.enter(State::Label(self.labels.start()));
        let item = self.items.len();
        Some(DetectionProgress::Codes { item, codes })
    }

    fn label(&mut self, cursor: Cursor, token: u32) -> Option<DetectionProgress> {
        let Some(next) = self.labels.advance(cursor, token) else {
            // The label ended before this token, which belongs to what follows.
            let progress = self.finish_label(cursor);
            if let State::Joint(cursor) = self.state {
                self.joint(cursor, token);
            }
            return progress;
        };
        if self.labels.settled(next).is_some() {
            self.finish_label(next)
        } else {
            self.enter(State::Label(next));
            None
        }
    }

    fn finish_label(&mut self, cursor: Cursor) -> Option<DetectionProgress> {
        let label = self.labels.complete(cursor)?;
        let item = self.items.len();
        let joint = self.next_joint();
        self.items.push(ItemTokens { label, ..self.draft });
        self.enter(State::Joint(joint));
        Some(DetectionProgress::Label { item, label })
    }

    fn joint(&mut self, cursor: Cursor, token: u32) {
        let Some(cursor) = self.joints.advance(cursor, token) else {
            return;
        };
        self.enter(match self.joints.settled(cursor) {
            None => State::Joint(cursor),
            Some(SEPARATOR) => State::Coordinate(0),
            Some(_) => State::Finished,
        });
    }
}

fn word(lexicon: &Lexicon, index: usize) -> Result<&[u32], GrammarError> {
    let word = lexicon.word(index).ok_or(GrammarError::NotAnAnswer)?;
    Ok(&word.tokens)
}

impl Grammar for DetectionGrammar {
    type Event = DetectionProgress;

    fn rows(&self) -> &[Range<u32>] {
        self.rows.as_slice()
    }

    fn advance(&mut self, token: u32) -> Result<Option<DetectionProgress>, GrammarError> {
        self.check(token)?;
        Ok(match self.state {
            State::Coordinate(n) => self.coordinate(n, token),
            State::Code(n) => self.code(n, token),
            State::Label(cursor) => self.label(cursor, token),
            State::Joint(cursor) => {
                self.joint(cursor, token);
                None
            }
            State::Finished => None,
        })
    }

    fn cut(&mut self) -> Option<DetectionProgress> {
        let item = self.items.len();
        let dropped = Some(DetectionProgress::Dropped { item });
        let progress = match self.state {
            State::Coordinate(0) | State::Joint(_) | State::Finished => None,
            State::Coordinate(_) | State::Code(_) => dropped,
            State::Label(cursor) => self.finish_label(cursor).or(dropped),
        };
        self.enter(State::Finished);
        progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::rows;
    use crate::language::tokenizer::tests::gemma_like;

    const LABELS: [&str; 3] = ["plastic", "can", "can opener"];

    fn grammar(masks: Masks, max_items: usize) -> DetectionGrammar {
        DetectionGrammar::new(gemma_like(), &LABELS, masks, max_items).unwrap()
    }

    /// Feeds `text` and returns what was reported, with the number of tokens taken by then.
    fn feed(grammar: &mut DetectionGrammar, text: &str) -> Vec<(usize, DetectionProgress)> {
        let tokens = gemma_like().encode_markup(text).unwrap();
        let mut reports = Vec::new();
        for (n, token) in tokens.iter().enumerate() {
            let report = grammar.advance(*token).unwrap();
            reports.extend(report.map(|report| (n + 1, report)));
        }
        reports
    }

    const BOX: &str = "<loc0010><loc0020><loc0030><loc0040>";
    const CORNERS: [u16; 4] = [10, 20, 30, 40];

    #[test]
    fn every_part_is_reported_at_its_last_token() {
        let mut grammar = grammar(Masks::With, 5);
        let codes: String = (0..16).map(|n| format!("<seg{n:03}>")).collect();
        let reports = feed(&mut grammar, &format!("{BOX}{codes} plastic ; {BOX}"));
        let codes = std::array::from_fn(|n| n as u8);
        let corners = CORNERS;
        let expected = [
            (4, DetectionProgress::Box { item: 0, corners }),
            (20, DetectionProgress::Codes { item: 0, codes }),
            (21, DetectionProgress::Label { item: 0, label: 0 }),
            (27, DetectionProgress::Box { item: 1, corners }),
        ];
        assert_eq!(reports, expected);
        let item = ItemTokens { corners, codes: Some(codes), label: 0 };
        assert_eq!(grammar.items(), [item]);
    }

    #[test]
    fn a_label_that_begins_another_is_reported_by_the_next_token() {
        let mut first = grammar(Masks::Without, 5);
        let reports = feed(&mut first, &format!("{BOX} can ; "));
        let can = DetectionProgress::Label { item: 0, label: 1 };
        assert_eq!(reports[1], (6, can));

        let mut second = grammar(Masks::Without, 5);
        let reports = feed(&mut second, &format!("{BOX} can<eos>"));
        assert_eq!(reports[1], (6, can));
        assert!(second.is_finished());

        let mut cut_short = grammar(Masks::Without, 5);
        feed(&mut cut_short, &format!("{BOX} can"));
        assert_eq!(cut_short.cut(), Some(can));
    }

    #[test]
    fn the_model_may_find_nothing_but_only_at_the_start() {
        let tokenizer = gemma_like();
        let mut grammar = grammar(Masks::With, 5);
        assert!(rows::contains(grammar.rows(), tokenizer.eos()));
        assert_eq!(grammar.rows().len(), 2);
        grammar.advance(tokenizer.eos()).unwrap();
        assert!(grammar.is_finished() && grammar.items().is_empty());
        for text in ["<loc0001>", BOX, &format!("{BOX} plastic ; ")] {
            let masks = Masks::Without;
            let mut grammar = DetectionGrammar::new(tokenizer, &LABELS, masks, 5).unwrap();
            feed(&mut grammar, text);
            assert!(!rows::contains(grammar.rows(), tokenizer.eos()), "{text}");
        }
    }

    #[test]
    fn boxes_are_never_inverted() {
        let tokenizer = gemma_like();
        let locations = tokenizer.locations();
        let last = locations.end - 1;
        let mut grammar = grammar(Masks::With, 5);
        assert!(matches!(
            grammar.advance(last),
            Err(GrammarError::Unexpected { token }) if token == last
        ));
        feed(&mut grammar, "<loc1022>");
        assert_eq!(grammar.rows(), [locations.start..last]);
        feed(&mut grammar, "<loc0500>");
        assert_eq!(grammar.forced(), Some(last));
        feed(&mut grammar, "<loc1023>");
        assert_eq!(grammar.rows(), [locations.start + 501..locations.end]);
    }

    #[test]
    fn the_last_item_is_followed_by_eos_alone() {
        let tokenizer = gemma_like();
        let mut grammar = grammar(Masks::Without, 1);
        feed(&mut grammar, &format!("{BOX} plastic"));
        assert_eq!(grammar.forced(), Some(tokenizer.eos()));
        let none = DetectionGrammar::new(tokenizer, &LABELS, Masks::With, 0).unwrap();
        assert_eq!(none.forced(), Some(tokenizer.eos()));
    }

    #[test]
    fn an_unfinished_item_is_dropped() {
        let void = Some(DetectionProgress::Dropped { item: 1 });
        for (more, report) in
            [("", None), (" ; ", None), (" ; <loc0001>", void), (&format!(" ; {BOX}"), void)]
        {
            let mut grammar = grammar(Masks::Without, 5);
            feed(&mut grammar, &format!("{BOX} plastic"));
            feed(&mut grammar, more);
            assert_eq!(grammar.cut(), report, "{more:?}");
            assert_eq!(grammar.items().len(), 1);
            assert!(grammar.is_finished());
        }
    }

    #[test]
    fn labels_must_be_distinct_and_end_recognisably() {
        let tokenizer = gemma_like();
        let build = |labels: &[&str]| DetectionGrammar::new(tokenizer, labels, Masks::With, 1);
        assert!(matches!(build(&[]), Err(LexiconError::Empty)));
        assert!(matches!(build(&["a", "a"]), Err(LexiconError::Twice { .. })));
        let error = build(&["can", "can ; glass"]).unwrap_err();
        assert!(matches!(error, LexiconError::Ambiguous { text } if text == " can"));
    }

    #[test]
    fn training_gets_the_tokens_of_running_text() {
        let tokenizer = gemma_like();
        let grammar = grammar(Masks::Without, 2);
        let item = |label| ItemTokens { corners: CORNERS, codes: None, label };
        let tokens = grammar.encode(&[item(2), item(1)]).unwrap();
        let text = format!("{BOX} can opener ; {BOX} can<eos>");
        assert_eq!(tokens, tokenizer.encode_markup(&text).unwrap());

        let inverted = ItemTokens { corners: [5, 0, 5, 9], ..item(0) };
        let masked = ItemTokens { codes: Some([0; 16]), ..item(0) };
        for items in [&[inverted][..], &[masked], &[item(3)], &[item(0); 3]] {
            assert!(matches!(grammar.encode(items), Err(GrammarError::NotAnAnswer)));
        }
    }
}
