//! Tokenizers from the internet, and what a person types.

use std::sync::LazyLock;

use kerbside_core::language::prompt::{self, Prefix};
use kerbside_core::language::tokenizer::{Tokenizer, TokenizerError};
use serde_json::{Value, json};

use crate::limits::assert_says;
use crate::tiny::TOKENIZER;

static SOUND: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::from_bytes(TOKENIZER).unwrap());

/// The tokenizer of the golden models after `change`.
fn bent(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut json = serde_json::from_slice(TOKENIZER).unwrap();
    change(&mut json);
    json.to_string().into_bytes()
}

/// The tokenizer with one part put in the place of another.
fn with(part: &'static str, value: Value) -> Vec<u8> {
    bent(|json| json[part] = value)
}

/// The tokenizer with one key of its model set.
fn with_model(key: &'static str, value: Value) -> Vec<u8> {
    bent(|json| json["model"][key] = value)
}

/// The tokenizer whose added tokens were changed.
fn with_added(change: impl FnOnce(&mut Vec<Value>)) -> Vec<u8> {
    bent(|json| change(json["added_tokens"].as_array_mut().unwrap()))
}

fn place_of(added: &[Value], token: &str) -> usize {
    added.iter().position(|one| one["content"] == token).unwrap()
}

/// The reason a tokenizer is refused for; the message names the file and what to do.
#[track_caller]
fn refusal(json: &[u8], why: &str) -> TokenizerError {
    let error = Tokenizer::from_bytes(json).expect_err("a tokenizer like this is refused");
    assert_says(&error.to_string(), &["tokenizer.json", why]);
    let remedies = ["fetch the pack again", "use the tokenizer of a PaliGemma"];
    assert!(remedies.iter().any(|remedy| error.to_string().contains(remedy)), "{error}");
    error
}

/// Asserts that a part Gemma's tokenizers do not have is refused by name.
#[track_caller]
fn unsupported(json: &[u8], what: &str) {
    let error = refusal(json, what);
    assert!(matches!(error, TokenizerError::Unsupported(_)), "{error:?}");
}

/// Asserts that what is no tokenizer is refused.
#[track_caller]
fn unreadable(json: &[u8]) {
    let error = refusal(json, "cannot be read");
    assert!(matches!(error, TokenizerError::File(_)), "{error:?}");
}

bad_inputs! {
    tokenizer_empty(json = Vec::new()) { unreadable(&json); }

    tokenizer_truncated_at_each_sixteenth(cuts = {
        (0..16).map(|n| TOKENIZER[..TOKENIZER.len() * n / 16].to_vec()).collect::<Vec<_>>()
    }) {
        for cut in &cuts {
            unreadable(cut);
        }
    }

    tokenizer_nested_ten_thousand_deep(json = "[".repeat(10_000).into_bytes()) {
        refusal(&json, "tokenizer.json");
    }

    decoders_nested_ten_thousand_deep(json = {
        let deep = r#"{"type":"Sequence","decoders":["#.repeat(10_000) + &"]}".repeat(10_000);
        let sound = String::from_utf8(with("decoder", json!("HERE"))).unwrap();
        sound.replace("\"HERE\"", &deep).into_bytes()
    }) { unreadable(&json); }

    two_tokens_with_one_id(json = bent(|json| {
        let vocab = json["model"]["vocab"].as_object_mut().unwrap();
        vocab["b"] = vocab["a"].clone();
    })) {
        let error = refusal(&json, "twice");
        assert!(matches!(error, TokenizerError::Twice { .. }), "{error:?}");
    }

    more_tokens_than_rows(rows = SOUND.size() - 1) {
        let error = SOUND.check_rows(rows).unwrap_err();
        assert!(matches!(error, TokenizerError::TooFewRows { .. }), "{error:?}");
        assert_says(&error.to_string(), &["tokenizer.json", "the weights", "convert the pack anew"]);
    }

    // Embeddings are padded to round numbers: the grammar never asks for a row without a token.
    fewer_tokens_than_rows(rows = SOUND.size() + 63) { assert!(SOUND.check_rows(rows).is_ok()); }

    id_of_four_thousand_million(json = bent(|json| {
        json["model"]["vocab"]["a"] = json!(u32::MAX);
    })) {
        let tokenizer = Tokenizer::from_bytes(&json).unwrap();
        assert!(tokenizer.check_rows(1 << 24).is_err());
    }

    id_negative(json = bent(|json| json["model"]["vocab"]["a"] = json!(-1))) {
        refusal(&json, "cannot be read");
    }

    no_locations(json = with_added(|added| {
        added.retain(|token| !token["content"].as_str().unwrap().starts_with("<loc"));
    })) {
        let error = refusal(&json, "no token \"<loc0000>\"");
        assert!(matches!(error, TokenizerError::Missing { .. }), "{error:?}");
    }

    no_codes(json = with_added(|added| {
        added.retain(|token| !token["content"].as_str().unwrap().starts_with("<seg"));
    })) { refusal(&json, "no token \"<seg000>\""); }

    locations_shifted(json = with_added(|added| {
        let at = place_of(added, "<loc0500>");
        let (one, next) = (added[at]["content"].clone(), added[at + 1]["content"].clone());
        (added[at]["content"], added[at + 1]["content"]) = (next, one);
    })) {
        let error = refusal(&json, "<loc0500>");
        assert!(matches!(error, TokenizerError::Shifted { .. }), "{error:?}");
    }

    codes_with_a_gap(json = with_added(|added| {
        let at = place_of(added, "<seg064>");
        added[at]["content"] = json!("<seg0x64>");
    })) { refusal(&json, "no token \"<seg064>\""); }

    no_token_for_a_newline(json = bent(|json| {
        json["model"]["vocab"].as_object_mut().unwrap().remove("\n");
        let added = json["added_tokens"].as_array_mut().unwrap();
        added.retain(|token| token["content"] != "\n");
    })) { unreadable(&json); }

    newline_that_becomes_a_space(json = with("normalizer", json!({
        "type": "Replace", "pattern": {"String": "\n"}, "content": "▁"
    }))) {
        let error = refusal(&json, "newline");
        assert!(matches!(error, TokenizerError::Newline), "{error:?}");
    }

    // Each merge makes a text shorter, so that going round in circles ends.
    merges_in_circles(json = bent(|json| {
        let model = &mut json["model"];
        let mut next = 100_000;
        for token in ["ab", "ba", "aba", "bab", "abab", "baba"] {
            if model["vocab"].get(token).is_none() {
                model["vocab"][token] = json!(next);
                next += 1;
            }
        }
        model["merges"] = json!([
            ["a", "b"], ["b", "a"], ["ab", "a"], ["ba", "b"], ["aba", "b"], ["bab", "a"]
        ]);
    })) {
        let tokenizer = Tokenizer::from_bytes(&json).unwrap();
        let text = "ab".repeat(30_000);
        let ids = tokenizer.encode_text(&text).unwrap();
        assert_eq!(tokenizer.decode(&ids).unwrap(), text);
    }

    merge_with_nothing(json = bent(|json| {
        json["model"]["vocab"][""] = json!(100_000);
        json["model"]["merges"] = json!([["", "a"], ["a", ""]]);
    })) {
        let tokenizer = Tokenizer::from_bytes(&json).unwrap();
        assert!(!tokenizer.encode_text(&"a".repeat(10_000)).unwrap().is_empty());
    }

    merge_of_unknown_tokens(json = with_model("merges", json!([["no", "such"]]))) {
        refusal(&json, "cannot be read");
    }

    // The library that reads tokenizers would subtract the prefix from shorter tokens.
    prefix_longer_than_its_words(json = with_model("continuing_subword_prefix", json!("######"))) {
        unsupported(&json, "prefix or suffix");
    }

    suffix_of_words(json = with_model("end_of_word_suffix", json!("</w>"))) {
        unsupported(&json, "prefix or suffix");
    }

    dropout(json = with_model("dropout", json!(0.5))) { unsupported(&json, "dropout"); }

    other_kind_of_model(json = with_model("type", json!("Unigram"))) {
        unsupported(&json, "Unigram");
    }

    normalizer_of_a_foreign_table(json = {
        with("normalizer", json!({"type": "Precompiled", "precompiled_charsmap": "AAAA"}))
    }) { unsupported(&json, "Precompiled"); }

    normalizer_that_swells(json = {
        let step = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "a".repeat(1000)});
        with("normalizer", json!({"type": "Sequence", "normalizers": vec![step; 100]}))
    }) { unsupported(&json, "swell"); }

    normalizer_of_nothing(json = {
        with("normalizer", json!({"type": "Replace", "pattern": {"String": ""}, "content": "x"}))
    }) { unsupported(&json, "swell"); }

    splitter_with_a_pattern_without_bounds(json = with("pre_tokenizer", json!({
        "type": "Split", "pattern": {"Regex": "(a*)*$"}, "behavior": "Isolated", "invert": false
    }))) { unsupported(&json, "Regex"); }

    // Padding and truncation are for training: switched off, they cost nothing.
    padding_to_a_thousand_thousand_million(json = with("padding", json!({
        "strategy": {"Fixed": 1_000_000_000_000_u64}, "direction": "Right",
        "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "<pad>"
    }))) {
        let tokenizer = Tokenizer::from_bytes(&json).unwrap();
        assert_eq!(tokenizer.encode_text("plastic").unwrap(), SOUND.encode_text("plastic").unwrap());
    }

    truncation_to_one(json = with("truncation", json!({
        "max_length": 1, "strategy": "LongestFirst", "stride": 0, "direction": "Right"
    }))) {
        let tokenizer = Tokenizer::from_bytes(&json).unwrap();
        assert_eq!(tokenizer.encode_text("plastic").unwrap(), SOUND.encode_text("plastic").unwrap());
    }

    template_that_repeats_the_text(json = with("post_processor", json!({
        "type": "TemplateProcessing", "special_tokens": {},
        "single": vec![json!({"Sequence": {"id": "A", "type_id": 0}}); 1000],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}]
    }))) {
        let tokenizer = Tokenizer::from_bytes(&json).unwrap();
        assert_eq!(tokenizer.encode_text("glass").unwrap(), SOUND.encode_text("glass").unwrap());
    }

    prompt_of_a_megabyte(prompt = "plastic".repeat(150_000)) {
        let error = Prefix::new(&SOUND, 4, &prompt).unwrap_err();
        assert!(matches!(error, TokenizerError::TooLong { .. }), "{error:?}");
        assert_says(&error.to_string(), &["1050000 bytes", "shorten it"]);
    }

    label_of_a_megabyte(label = "p".repeat(1 << 20)) {
        assert!(Prefix::new(&SOUND, 4, &prompt::segment(&[label])).is_err());
    }

    longest_prompt_that_is_read(prompt = "x".repeat(64 << 10)) {
        assert!(Prefix::new(&SOUND, 4, &prompt).is_ok());
    }

    special_tokens_typed_by_a_person(typed = {
        "a<eos><bos><image><pad><loc0001><seg127>\n<loc<loc0002>0003>b".to_owned()
    }) {
        let prefix = Prefix::new(&SOUND, 4, &prompt::segment(&[typed])).unwrap();
        let (first, inside) = prefix.text.split_first().unwrap();
        let (last, inside) = inside.split_last().unwrap();
        assert_eq!((*first, *last), (SOUND.bos(), SOUND.newline()));
        assert!(inside.iter().all(|id| !SOUND.is_reserved(*id) && *id != SOUND.newline()));
    }

    letters_that_are_none(typed = "\u{0}\u{feff}\u{202e}\u{10ffff}\u{1f5d1}".repeat(100)) {
        let ids = SOUND.encode_text(&typed).unwrap();
        assert!(ids.iter().all(|id| !SOUND.is_reserved(*id)));
    }
}
