//! JSON ⇄ the XML-like form in which the language model writes structured answers.
//!
//! The form is Donut's `json2token` (Kim et al. 2022, <https://arxiv.org/abs/2111.15664>) made
//! lossless: Donut cannot tell `["a"]` from `"a"`, `12` from `"12"`, nor one list inside another.
//! Here every JSON value has exactly one text, and every accepted text is one JSON value:
//!
//! ```text
//! value  = object | list | number | "<true/>" | "<false/>" | "<null/>" | string
//! object = "<object/>" | field { field }
//! field  = "<s_" key ">" value "</s_" key ">"
//! list   = "<list/>" | "<list>" value { "<sep/>" value } "</list>"
//! number = "<num>" JSON number "</num>"
//! string = { character | "&lt;" | "&gt;" | "&amp;" }
//! key    = string
//! ```
//!
//! A character is anything but `<`, `>` and `&`; strings and keys may be empty, and white space
//! counts. `<list/>` has no item while `<list></list>` has one, the empty string. Keys keep their
//! order and occur once per object.

use serde_json::{Map, Number, Value};

/// Lists and objects may lie this deep inside each other: an answer is a small record, and the
/// reader recurses.
pub const MAX_DEPTH: usize = 64;

pub(crate) const EMPTY_OBJECT: &str = "<object/>";
pub(crate) const EMPTY_LIST: &str = "<list/>";
pub(crate) const LIST: &str = "<list>";
pub(crate) const LIST_END: &str = "</list>";
pub(crate) const SEPARATOR: &str = "<sep/>";
pub(crate) const TRUE: &str = "<true/>";
pub(crate) const FALSE: &str = "<false/>";
const NULL: &str = "<null/>";
const NUMBER: &str = "<num>";
const NUMBER_END: &str = "</num>";
const FIELD: &str = "<s_";
const FIELD_END: &str = "</s_";

/// Why a text or a value has no counterpart. Positions are bytes from the start of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StructuredError {
    /// Lists and objects are nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels at byte {at}")]
    TooDeep {
        /// Where the level begins.
        at: usize,
    },
    /// Something else stands where only one thing may.
    #[error("expected {expected} at byte {at}")]
    Expected {
        /// Where it should stand.
        at: usize,
        /// What should stand there.
        expected: String,
    },
    /// An `&` that begins none of `&lt;`, `&gt;`, `&amp;`.
    #[error("unknown escape at byte {at}")]
    Escape {
        /// Where the `&` is.
        at: usize,
    },
    /// `<num>` holds no JSON number, or one beyond the range of `f64`.
    #[error("not a number at byte {at}")]
    Number {
        /// Where the digits should begin.
        at: usize,
    },
    /// An object has the same key twice.
    #[error("the key {key:?} a second time at byte {at}")]
    DuplicateKey {
        /// Where the second field begins.
        at: usize,
        /// The key, unescaped.
        key: String,
    },
}

/// Writes a value in the form of this module.
///
/// # Errors
/// [`StructuredError::TooDeep`] beyond [`MAX_DEPTH`] levels.
pub fn write(value: &Value) -> Result<String, StructuredError> {
    let mut text = String::new();
    write_value(&mut text, value, 0)?;
    Ok(text)
}

/// An answer's text in the pieces that its grammar tokenises one by one. A tokenizer may merge over
/// a border between two of them; whoever trains a model must not let it.
///
/// Fields' tags that follow each other are one piece, a list's tags one each, and so is the text
/// between. That is the regular expression `(</?s_[^>]*>)+|</?list/?>|<sep/>|<[a-z]+/>|[^<]+`. (A
/// list that may not be empty, and an enum of one value, are part of the tags around them: the
/// questions of this engine have neither.)
pub fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(first_piece(rest));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// Bytes of the first piece of a text that is not empty.
fn first_piece(text: &str) -> usize {
    let is_field = |text: &str| text.starts_with(FIELD) || text.starts_with(FIELD_END);
    let tag = |text: &str| text.find('>').map_or(text.len(), |at| at + 1);
    if !text.starts_with('<') {
        return text.find('<').unwrap_or(text.len());
    }
    let mut end = tag(text);
    if is_field(text) {
        while is_field(&text[end..]) {
            end += tag(&text[end..]);
        }
    }
    end
}

/// Reads what [`write()`] wrote; nothing else is accepted.
///
/// # Errors
/// Every variant of [`StructuredError`], with the position in `text`.
pub fn read(text: &str) -> Result<Value, StructuredError> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    if reader.at < text.len() {
        return Err(reader.expected("the end"));
    }
    Ok(value)
}

fn write_value(text: &mut String, value: &Value, depth: usize) -> Result<(), StructuredError> {
    match value {
        Value::Null => text.push_str(NULL),
        Value::Bool(true) => text.push_str(TRUE),
        Value::Bool(false) => text.push_str(FALSE),
        Value::Number(number) => {
            text.push_str(NUMBER);
            text.push_str(&number.to_string());
            text.push_str(NUMBER_END);
        }
        Value::String(string) => text.push_str(&escaped(string)),
        Value::Array(items) => write_list(text, items, depth)?,
        Value::Object(fields) => write_object(text, fields, depth)?,
    }
    Ok(())
}

fn write_list(text: &mut String, items: &[Value], depth: usize) -> Result<(), StructuredError> {
    check_depth(depth, text.len())?;
    let Some((first, rest)) = items.split_first() else {
        text.push_str(EMPTY_LIST);
        return Ok(());
    };
    text.push_str(LIST);
    write_value(text, first, depth + 1)?;
    for item in rest {
        text.push_str(SEPARATOR);
        write_value(text, item, depth + 1)?;
    }
    text.push_str(LIST_END);
    Ok(())
}

fn write_object(
    text: &mut String,
    fields: &Map<String, Value>,
    depth: usize,
) -> Result<(), StructuredError> {
    check_depth(depth, text.len())?;
    if fields.is_empty() {
        text.push_str(EMPTY_OBJECT);
    }
    for (key, value) in fields {
        text.push_str(&field_start(key));
        write_value(text, value, depth + 1)?;
        text.push_str(&field_end(key));
    }
    Ok(())
}

fn check_depth(depth: usize, at: usize) -> Result<(), StructuredError> {
    if depth < MAX_DEPTH { Ok(()) } else { Err(StructuredError::TooDeep { at }) }
}

/// `<s_key>`, the key escaped.
pub(crate) fn field_start(key: &str) -> String {
    format!("{FIELD}{}>", escaped(key))
}

/// `</s_key>`, the key escaped.
pub(crate) fn field_end(key: &str) -> String {
    format!("{FIELD_END}{}>", escaped(key))
}

/// A string as it stands between tags.
pub(crate) fn escaped(string: &str) -> String {
    let mut text = String::with_capacity(string.len());
    for character in string.chars() {
        match character {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            _ => text.push(character),
        }
    }
    text
}

/// A recursive-descent reader: one method per line of the grammar.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, StructuredError> {
        let constants =
            [(NULL, Value::Null), (TRUE, Value::Bool(true)), (FALSE, Value::Bool(false))];
        for (tag, value) in constants {
            if self.eat(tag) {
                return Ok(value);
            }
        }
        if self.eat(NUMBER) {
            return self.number();
        }
        let nests = [EMPTY_LIST, LIST, EMPTY_OBJECT, FIELD];
        if nests.iter().any(|tag| self.rest().starts_with(tag)) {
            check_depth(depth, self.at)?;
        }
        if self.eat(EMPTY_LIST) {
            Ok(Value::Array(Vec::new()))
        } else if self.eat(LIST) {
            self.list(depth)
        } else if self.eat(EMPTY_OBJECT) {
            Ok(Value::Object(Map::new()))
        } else if self.rest().starts_with(FIELD) {
            self.object(depth)
        } else {
            Ok(Value::String(self.string()?))
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, StructuredError> {
        let mut items = vec![self.value(depth + 1)?];
        while self.eat(SEPARATOR) {
            items.push(self.value(depth + 1)?);
        }
        self.expect(LIST_END)?;
        Ok(Value::Array(items))
    }

    fn object(&mut self, depth: usize) -> Result<Value, StructuredError> {
        let mut fields = Map::new();
        loop {
            let at = self.at;
            if !self.eat(FIELD) {
                return Ok(Value::Object(fields));
            }
            let key_at = self.at;
            let key = self.string()?;
            let raw_key = &self.text[key_at..self.at];
            self.expect(">")?;
            if fields.contains_key(&key) {
                return Err(StructuredError::DuplicateKey { at, key });
            }
            let value = self.value(depth + 1)?;
            self.expect(&format!("{FIELD_END}{raw_key}>"))?;
            fields.insert(key, value);
        }
    }

    fn number(&mut self) -> Result<Value, StructuredError> {
        let at = self.at;
        let digits = self.text_until_tag();
        self.at += digits.len();
        let number = parse_number(digits).ok_or(StructuredError::Number { at })?;
        self.expect(NUMBER_END)?;
        Ok(Value::Number(number))
    }

    /// A string or key up to the next `<` or `>`, unescaped.
    fn string(&mut self) -> Result<String, StructuredError> {
        let raw = self.text_until_tag();
        let mut string = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(ampersand) = rest.find('&') {
            let (plain, escape) = rest.split_at(ampersand);
            string.push_str(plain);
            let (character, length) = unescape(escape)
                .ok_or(StructuredError::Escape { at: self.at + raw.len() - escape.len() })?;
            string.push(character);
            rest = &escape[length..];
        }
        string.push_str(rest);
        self.at += raw.len();
        Ok(string)
    }

    fn text_until_tag(&self) -> &'a str {
        let rest = self.rest();
        &rest[..rest.find(['<', '>']).unwrap_or(rest.len())]
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn eat(&mut self, tag: &str) -> bool {
        let found = self.rest().starts_with(tag);
        if found {
            self.at += tag.len();
        }
        found
    }

    fn expect(&mut self, tag: &str) -> Result<(), StructuredError> {
        if self.eat(tag) { Ok(()) } else { Err(self.expected(tag)) }
    }

    fn expected(&self, what: &str) -> StructuredError {
        StructuredError::Expected { at: self.at, expected: what.to_owned() }
    }
}

/// The character an escape stands for, and the escape's length in bytes.
fn unescape(escape: &str) -> Option<(char, usize)> {
    [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&')]
        .into_iter()
        .find(|(name, _)| escape.starts_with(name))
        .map(|(name, character)| (character, name.len()))
}

/// A JSON number, to the last bit: serde_json's own parser may round a float's last digit, so it
/// only judges the syntax and the standard library gives the value.
fn parse_number(digits: &str) -> Option<Number> {
    let number: Number = digits.parse().ok()?;
    if number.is_f64() { Number::from_f64(digits.parse().ok()?) } else { Some(number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn every_json_value_has_its_own_text() {
        let pairs = [
            (json!("a"), "a"),
            (json!(""), ""),
            (json!(12), "<num>12</num>"),
            (json!(12.0), "<num>12.0</num>"),
            (json!("12"), "12"),
            (json!(true), "<true/>"),
            (json!("true"), "true"),
            (json!(null), "<null/>"),
            (json!([]), "<list/>"),
            (json!([""]), "<list></list>"),
            (json!(["", ""]), "<list><sep/></list>"),
            (json!([[]]), "<list><list/></list>"),
            (json!([["a", "b"], ["c"]]), "<list><list>a<sep/>b</list><sep/><list>c</list></list>"),
            (json!({}), "<object/>"),
            (json!({"a": {}}), "<s_a><object/></s_a>"),
            (json!({"a": {"a": "x"}}), "<s_a><s_a>x</s_a></s_a>"),
            (json!({"z": "1 < 2 & 3", "a/": ""}), "<s_z>1 &lt; 2 &amp; 3</s_z><s_a/></s_a/>"),
            (json!({"<s_x>": "</s_x>"}), "<s_&lt;s_x&gt;>&lt;/s_x&gt;</s_&lt;s_x&gt;>"),
            (json!({"": [{}]}), "<s_><list><object/></list></s_>"),
        ];
        for (value, text) in pairs {
            assert_eq!(write(&value).unwrap(), text);
            assert_eq!(read(text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn an_answer_falls_into_tags_and_values() {
        let text = "<s_1><s_item>can</s_item><s_parts><list>lid<sep/>cap</list></s_parts></s_1>";
        let wanted = [
            "<s_1><s_item>",
            "can",
            "</s_item><s_parts>",
            "<list>",
            "lid",
            "<sep/>",
            "cap",
            "</list>",
            "</s_parts></s_1>",
        ];
        assert_eq!(pieces(text), wanted);
        assert_eq!(pieces("<s_a><list/></s_a>"), ["<s_a>", "<list/>", "</s_a>"]);
        assert!(pieces("").is_empty());
    }

    #[test]
    fn keys_keep_their_order() {
        let text = "<s_z>1</s_z><s_a>2</s_a><s_m>3</s_m>";
        let value = read(text).unwrap();
        let keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["z", "a", "m"]);
        assert_eq!(write(&value).unwrap(), text);
    }

    fn expected(at: usize, expected: &str) -> StructuredError {
        StructuredError::Expected { at, expected: expected.into() }
    }

    #[test]
    fn malformed_text_is_refused_at_its_byte() {
        let duplicate = StructuredError::DuplicateKey { at: 12, key: "a".into() };
        let cases = [
            ("<s_a>x", expected(6, "</s_a>")),
            ("<s_a>x</s_b>", expected(6, "</s_a>")),
            ("<s_ax</s_a>", expected(5, ">")),
            ("<list>a<sep/>b", expected(14, "</list>")),
            ("a<sep/>b", expected(1, "the end")),
            ("a>b", expected(1, "the end")),
            ("<foo>", expected(0, "the end")),
            ("<num>1</s_a>", expected(6, "</num>")),
            ("é&nbsp;", StructuredError::Escape { at: 2 }),
            ("<s_a&>x</s_a&>", StructuredError::Escape { at: 4 }),
            ("<num>1x</num>", StructuredError::Number { at: 5 }),
            ("<num></num>", StructuredError::Number { at: 5 }),
            ("<num>1e999</num>", StructuredError::Number { at: 5 }),
            ("<num>NaN</num>", StructuredError::Number { at: 5 }),
            ("<s_a>x</s_a><s_a>y</s_a>", duplicate),
        ];
        for (text, error) in cases {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    #[test]
    fn depth_is_limited_both_ways() {
        let nested = |levels| (0..levels).fold(json!("x"), |value, _| json!([value]));
        let deepest = nested(MAX_DEPTH);
        assert_eq!(read(&write(&deepest).unwrap()).unwrap(), deepest);

        let at = MAX_DEPTH * LIST.len();
        let too_deep = Err(StructuredError::TooDeep { at });
        assert_eq!(write(&nested(MAX_DEPTH + 1)), too_deep);
        let text = LIST.repeat(100_000);
        assert_eq!(read(&text), Err(StructuredError::TooDeep { at }));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let string = prop_oneof![".{0,8}", "[<>&;/_a-z]{0,12}", Just(String::new())];
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            string.clone().prop_map(Value::from),
        ];
        scalar.prop_recursive(6, 48, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((string.clone(), inner), 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_survives_the_round_trip(value in any_json()) {
            let text = write(&value).unwrap();
            let back = read(&text).unwrap();
            // Comparing the JSON texts also compares key order and -0.0.
            prop_assert_eq!(back.to_string(), value.to_string(), "{}", text);
        }

        #[test]
        fn any_accepted_text_is_the_one_its_value_is_written_as(
            text in "(<s_a>|</s_a>|<list>|</list>|<sep/>|<list/>|<object/>|<true/>|&lt;|a|<|>|&){0,8}"
        ) {
            if let Ok(value) = read(&text) {
                prop_assert_eq!(write(&value).unwrap(), text);
            }
        }
    }
}
