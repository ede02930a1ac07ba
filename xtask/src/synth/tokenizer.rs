//! A tokenizer shaped like PaliGemma's: specials, newline, bytes, the app's own words, filler up
//! to `<loc0000>`, then `<loc>`, `<seg>` and `<image>`.

use serde_json::{Map, Value, json};

const SPECIALS: [&str; 4] = ["<pad>", "<eos>", "<bos>", "<unk>"];

/// Words of the prompts, so that these have about as many tokens as with the real tokenizer.
const WORDS: &str = "segment detect dispose highlight plastic glass paper carton metal foam special \
food general item state clean dirty unsure battery inside yes no parts ;";

/// `tokenizer.json` with `<loc0000>` at id `first_location`.
pub(super) fn json(first_location: usize) -> Vec<u8> {
    let mut pieces: Vec<String> = SPECIALS.map(str::to_owned).to_vec();
    pieces.push("\n".into());
    pieces.extend((0..=255u8).map(|byte| format!("<0x{byte:02X}>")));
    pieces.extend(('!'..='~').map(String::from));
    pieces.push("▁".into());
    pieces.extend(WORDS.split_whitespace().flat_map(|word| {
        let bare = (word.len() > 1).then(|| word.to_owned());
        bare.into_iter().chain([format!("▁{word}")])
    }));
    let filler = pieces.len()..first_location;
    pieces.extend(filler.map(|id| format!("<filler{id}>")));
    let vocabulary: Map<String, Value> =
        pieces.into_iter().enumerate().map(|(id, piece)| (piece, json!(id))).collect();
    tokenizer(vocabulary, &added(first_location)).to_string().into_bytes()
}

/// `<loc>`, `<seg>` and `<image>`; only the last, and the first four of all, are special.
fn added(first_location: usize) -> Vec<Value> {
    let specials = SPECIALS.iter().enumerate().map(|(id, name)| token(id, name, true));
    let locations = (0..1024).map(|n| format!("<loc{n:04}>"));
    let codes = (0..128).map(|n| format!("<seg{n:03}>"));
    let image = first_location + 1024 + 128;
    let places = (first_location..).zip(locations.chain(codes));
    let places = places.map(|(id, name)| token(id, &name, false));
    specials.chain(places).chain([token(image, "<image>", true)]).collect()
}

fn token(id: usize, content: &str, special: bool) -> Value {
    json!({
        "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": special
    })
}

fn tokenizer(vocabulary: Map<String, Value>, added: &[Value]) -> Value {
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        "pre_tokenizer": {
            "type": "Split", "pattern": {"String": "▁"}, "behavior": "MergedWithNext",
            "invert": false
        },
        "post_processor": null,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"}
        ]},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": "<unk>",
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": true,
            "byte_fallback": true,
            // Whole words are tokens without merges that lead to them.
            "ignore_merges": true,
            "vocab": vocabulary, "merges": []
        }
    })
}
