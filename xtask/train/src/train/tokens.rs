//! A sample as tokens: `[bos][prompt]["\n"]`, and the suffix with its `<eos>`.

use kerbside_core::language::prompt::Prefix;
use kerbside_core::language::tokenizer::Tokenizer;
use kerbside_core::structured;
use xtask::failure::Result;

use crate::data::sample::{Sample, Task};

/// What stands between two items of a segmentation's answer.
const SEPARATOR: &str = " ; ";

/// One sample's text, as the decoder reads it behind the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// `[bos][prompt]["\n"]`
    pub prompt: Vec<u32>,
    /// `[suffix][eos]`
    pub suffix: Vec<u32>,
}

impl Text {
    /// The tokens of a sample.
    pub fn new(tokenizer: &Tokenizer, sample: &Sample) -> Result<Self> {
        let prompt = match sample.task {
            Task::Segment | Task::Detect => Prefix::new(tokenizer, 0, &sample.prompt)?.text,
            // Their prompts name boxes by tokens.
            Task::Dispose | Task::Highlight => {
                Prefix::of_markup(tokenizer, 0, &sample.prompt)?.text
            }
        };
        let mut suffix = Vec::new();
        for piece in pieces(sample.task, &sample.suffix) {
            suffix.extend(tokenizer.encode_markup(piece)?);
        }
        suffix.push(tokenizer.eos());
        Ok(Self { prompt, suffix })
    }

    /// Positions that the decoder reads: all but the last token, which nothing follows.
    pub fn positions(&self) -> usize {
        self.prompt.len() + self.suffix.len() - 1
    }

    /// The tokens that the decoder reads.
    pub fn inputs(&self) -> impl Iterator<Item = u32> {
        let last = self.suffix.len() - 1;
        self.prompt.iter().chain(&self.suffix[..last]).copied()
    }
}

/// The parts of an answer that the engine's grammars tokenise each on its own: a merge that crosses
/// their border would teach tokens that decoding can never choose.
fn pieces(task: Task, text: &str) -> Vec<&str> {
    match task {
        Task::Segment | Task::Detect => detection_pieces(text),
        Task::Dispose | Task::Highlight => structured::pieces(text),
    }
}

/// Tokens of a box and a mask are one part; between them stand labels, and between items the
/// separator.
fn detection_pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let tags = tags_length(rest);
        let end = if tags > 0 { tags } else { rest.find('<').unwrap_or(rest.len()).max(1) };
        let (piece, after) = rest.split_at(end);
        match tags {
            0 => split_items(piece, &mut pieces),
            _ => pieces.push(piece),
        }
        rest = after;
    }
    pieces
}

/// Bytes of the run of tags that `text` begins with.
fn tags_length(text: &str) -> usize {
    let mut length = 0;
    while text[length..].starts_with('<')
        && let Some(end) = text[length..].find('>')
    {
        length += end + 1;
    }
    length
}

fn split_items<'a>(text: &'a str, pieces: &mut Vec<&'a str>) {
    let mut rest = text;
    while let Some(at) = rest.find(SEPARATOR) {
        pieces.extend([&rest[..at], SEPARATOR].into_iter().filter(|piece| !piece.is_empty()));
        rest = &rest[at + SEPARATOR.len()..];
    }
    pieces.extend((!rest.is_empty()).then_some(rest));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sample::Split;
    use kerbside_core::generate::detection_grammar::{DetectionGrammar, ItemTokens, Masks};
    use kerbside_core::generate::schema::Schema;
    use kerbside_core::generate::structured_grammar::StructuredGrammar;
    use serde_json::json;

    fn tokenizer() -> Tokenizer {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../core/tests/golden/paligemma1/hf/tokenizer.json"
        );
        Tokenizer::from_bytes(&std::fs::read(path).unwrap()).unwrap()
    }

    fn text(task: Task, prompt: &str, suffix: &str) -> Text {
        let sample = Sample {
            image: None,
            task,
            prompt: prompt.into(),
            suffix: suffix.into(),
            labels: Vec::new(),
            split: Split::Train,
        };
        Text::new(&tokenizer(), &sample).unwrap()
    }

    #[test]
    fn an_answer_is_cut_where_the_grammars_cut_it() {
        let cut = |task, text| pieces(task, text);
        assert_eq!(
            cut(Task::Segment, "<loc0001><seg002> plastic ; <loc0003> metal"),
            ["<loc0001><seg002>", " plastic", " ; ", "<loc0003>", " metal"]
        );
        assert_eq!(
            cut(Task::Dispose, "<s_a><s_b>one ; two</s_b></s_a>"),
            ["<s_a><s_b>", "one ; two", "</s_b></s_a>"]
        );
        assert!(cut(Task::Detect, "").is_empty());
    }

    #[test]
    fn detections_have_the_tokens_of_their_grammar() {
        let labels = ["plastic", "glass jar"];
        let grammar = DetectionGrammar::new(&tokenizer(), &labels, Masks::Without, 4).unwrap();
        let item = |label| ItemTokens { corners: [1, 2, 300, 400], codes: None, label };
        let wanted = grammar.encode(&[item(0), item(1)]).unwrap();
        let box_ = "<loc0001><loc0002><loc0300><loc0400>";
        let found = text(Task::Detect, "detect", &format!("{box_} plastic ; {box_} glass jar"));
        assert_eq!(found.suffix, wanted);
    }

    #[test]
    fn structured_answers_have_the_tokens_of_their_grammar() {
        let item = Schema::Object(vec![
            ("item".into(), Schema::Enum(vec!["glass".into(), "jar".into()])),
            ("battery".into(), Schema::Boolean),
        ]);
        let list = Schema::List { items: Box::new(item), min: 0, max: 3 };
        let schema = Schema::Object(vec![("items".into(), list)]);
        let value = json!({"items": [
            {"item": "glass", "battery": true}, {"item": "jar", "battery": false}
        ]});
        let grammar = StructuredGrammar::new(&tokenizer(), &schema).unwrap();
        let wanted = grammar.encode(&tokenizer(), &value).unwrap();
        let answer = kerbside_core::structured::write(&value).unwrap();
        assert_eq!(text(Task::Dispose, "dispose", &answer).suffix, wanted, "{answer}");
    }

    #[test]
    fn the_decoder_reads_all_but_the_end() {
        let text = text(Task::Segment, "segment", " glass");
        let all: Vec<u32> = text.prompt.iter().chain(&text.suffix).copied().collect();
        assert_eq!(text.inputs().collect::<Vec<_>>(), all[..all.len() - 1]);
        assert_eq!(text.positions(), all.len() - 1);
        assert_eq!(text.suffix.last(), Some(&tokenizer().eos()));
    }
}
