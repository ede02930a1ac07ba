//! The shape of a structured answer: the part of JSON Schema a grammar can hold a model to.

use serde_json::{Map, Value};

use crate::structured::MAX_DEPTH;

/// The shape of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// All these fields, in this order.
    Object(Vec<(String, Schema)>),
    /// Between `min` and `max` items.
    List {
        /// The shape of each item.
        items: Box<Schema>,
        /// Fewest items.
        min: usize,
        /// Most items.
        max: usize,
    },
    /// One of these strings.
    Enum(Vec<String>),
    /// `true` or `false`.
    Boolean,
    /// Any text of at most so many characters, none of which is `<`, `>`, `&` or a control
    /// character.
    Text {
        /// Most characters.
        max_chars: usize,
    },
}

/// Why a JSON Schema is not one of these shapes, or a shape allows nothing that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at {path:?}: {problem}")]
pub struct SchemaError {
    /// The schema's place, as a JSON pointer into the answers.
    pub path: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A keyword that is unknown, or does not go with the type.
    #[error("{0:?} is not supported")]
    Keyword(String),
    /// A keyword that is missing or of the wrong type.
    #[error("{0:?} is missing or not of the right type")]
    Missing(&'static str),
    /// A type other than object, array, string and boolean.
    #[error("the type {0:?} is not supported")]
    Type(String),
    /// An object may leave out a field.
    #[error("the field {0:?} must be required")]
    Optional(String),
    /// `minItems` above `maxItems`.
    #[error("minItems exceeds maxItems")]
    Bounds,
    /// An object has the same field twice.
    #[error("the field {0:?} occurs twice")]
    DuplicateField(String),
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl Schema {
    /// Reads a JSON Schema of these forms; anything more is refused by name, so that no
    /// constraint is silently dropped:
    ///
    /// ```json
    /// {"type": "object", "properties": {…}, "required": [every property]}
    /// {"type": "array", "items": …, "minItems": 0, "maxItems": 5}
    /// {"enum": ["clean", "dirty"]}
    /// {"type": "boolean"}
    /// {"type": "string", "maxLength": 20}
    /// ```
    ///
    /// `maxItems` and `maxLength` are needed, `minItems` is 0 by default, `title` and
    /// `description` are ignored, and `"additionalProperties": false` is allowed.
    ///
    /// # Errors
    /// [`SchemaError`], with the place.
    pub fn from_json(schema: &Value) -> Result<Self, SchemaError> {
        let shape = read(schema, &mut Vec::new())?;
        shape.check()?;
        Ok(shape)
    }

    /// Asserts what the type leaves open: bounds in order, distinct fields, limited depth.
    ///
    /// # Errors
    /// [`SchemaError`], with the place.
    pub fn check(&self) -> Result<(), SchemaError> {
        check(self, &mut Vec::new())
    }

    /// Whether `value` has this shape.
    pub fn allows(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Object(fields), Value::Object(map)) => {
                let pairs = fields.iter().zip(map);
                fields.len() == map.len()
                    && pairs
                        .into_iter()
                        .all(|((name, shape), (key, value))| name == key && shape.allows(value))
            }
            (Self::List { items, min, max }, Value::Array(values)) => {
                (*min..=*max).contains(&values.len()) && values.iter().all(|v| items.allows(v))
            }
            (Self::Enum(words), Value::String(string)) => words.contains(string),
            (Self::Boolean, Value::Bool(_)) => true,
            (Self::Text { max_chars }, Value::String(string)) => {
                string.chars().count() <= *max_chars && string.chars().all(is_plain)
            }
            _ => false,
        }
    }
}

/// Whether a character may stand in a [`Schema::Text`].
pub(crate) fn is_plain(character: char) -> bool {
    !matches!(character, '<' | '>' | '&') && !character.is_control()
}

impl SchemaError {
    fn new(path: &[String], problem: Problem) -> Self {
        let path = path.iter().map(|step| format!("/{step}")).collect();
        Self { path, problem }
    }
}

fn check(shape: &Schema, path: &mut Vec<String>) -> Result<(), SchemaError> {
    let nests = matches!(shape, Schema::Object(_) | Schema::List { .. });
    if nests && path.len() >= MAX_DEPTH {
        return Err(SchemaError::new(path, Problem::TooDeep));
    }
    match shape {
        Schema::List { min, max, .. } if min > max => Err(SchemaError::new(path, Problem::Bounds)),
        Schema::List { items, .. } => check_at(items, "-", path),
        Schema::Object(fields) => fields.iter().enumerate().try_for_each(|(n, (key, value))| {
            if fields[..n].iter().any(|(other, _)| other == key) {
                return Err(SchemaError::new(path, Problem::DuplicateField(key.clone())));
            }
            check_at(value, key, path)
        }),
        Schema::Enum(_) | Schema::Boolean | Schema::Text { .. } => Ok(()),
    }
}

fn check_at(shape: &Schema, step: &str, path: &mut Vec<String>) -> Result<(), SchemaError> {
    path.push(step.to_owned());
    check(shape, path)?;
    path.pop();
    Ok(())
}

fn read(schema: &Value, path: &mut Vec<String>) -> Result<Schema, SchemaError> {
    let problem = |problem| SchemaError::new(path, problem);
    if path.len() > MAX_DEPTH {
        return Err(problem(Problem::TooDeep));
    }
    let keywords = schema.as_object().ok_or_else(|| problem(Problem::Missing("type")))?;
    let kind = match keywords.get("enum") {
        Some(_) => "enum",
        None => text(keywords, "type").map_err(problem)?,
    };
    check_keywords(keywords, kind).map_err(problem)?;
    match kind {
        "enum" => Ok(Schema::Enum(strings(keywords, "enum").map_err(problem)?)),
        "boolean" => Ok(Schema::Boolean),
        "string" => {
            let max_chars = number(keywords, "maxLength").map_err(problem)?;
            Ok(Schema::Text { max_chars })
        }
        "array" => {
            let (min, max) = bounds(keywords).map_err(problem)?;
            let items = keywords.get("items").ok_or_else(|| problem(Problem::Missing("items")))?;
            let items = Box::new(read_at(items, "-", path)?);
            Ok(Schema::List { items, min, max })
        }
        _ => {
            let properties = properties(keywords).map_err(problem)?;
            let fields = properties.iter().map(|(key, property)| {
                let shape = read_at(property, key, path)?;
                Ok((key.clone(), shape))
            });
            Ok(Schema::Object(fields.collect::<Result<_, _>>()?))
        }
    }
}

fn read_at(schema: &Value, step: &str, path: &mut Vec<String>) -> Result<Schema, SchemaError> {
    path.push(step.to_owned());
    let shape = read(schema, path)?;
    path.pop();
    Ok(shape)
}

fn check_keywords(keywords: &Map<String, Value>, kind: &str) -> Result<(), Problem> {
    let known: &[&str] = match kind {
        "enum" => &["enum", "type"],
        "boolean" => &["type"],
        "string" => &["type", "maxLength"],
        "array" => &["type", "items", "minItems", "maxItems"],
        "object" => &["type", "properties", "required", "additionalProperties"],
        other => return Err(Problem::Type(other.to_owned())),
    };
    let ignored = ["title", "description"];
    let mut names = keywords.keys().map(String::as_str);
    if let Some(unknown) = names.find(|name| !known.contains(name) && !ignored.contains(name)) {
        return Err(Problem::Keyword(unknown.to_owned()));
    }
    if kind == "enum" && keywords.get("type").is_some_and(|kind| kind != "string") {
        return Err(Problem::Type("enum of anything but strings".to_owned()));
    }
    match keywords.get("additionalProperties") {
        None | Some(Value::Bool(false)) => Ok(()),
        Some(_) => Err(Problem::Keyword("additionalProperties".to_owned())),
    }
}

fn properties(keywords: &Map<String, Value>) -> Result<&Map<String, Value>, Problem> {
    let properties = keywords
        .get("properties")
        .and_then(Value::as_object)
        .ok_or(Problem::Missing("properties"))?;
    let required = match keywords.get("required") {
        None => Vec::new(),
        Some(_) => strings(keywords, "required")?,
    };
    let unknown = required.iter().find(|name| !properties.contains_key(*name));
    if unknown.is_some() {
        return Err(Problem::Missing("properties"));
    }
    match properties.keys().find(|name| !required.contains(name)) {
        Some(optional) => Err(Problem::Optional(optional.clone())),
        None => Ok(properties),
    }
}

fn bounds(keywords: &Map<String, Value>) -> Result<(usize, usize), Problem> {
    let min = match keywords.get("minItems") {
        None => 0,
        Some(_) => number(keywords, "minItems")?,
    };
    Ok((min, number(keywords, "maxItems")?))
}

fn text<'a>(keywords: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, Problem> {
    let value = keywords.get(name).and_then(Value::as_str);
    value.ok_or(Problem::Missing(name))
}

fn number(keywords: &Map<String, Value>, name: &'static str) -> Result<usize, Problem> {
    let value = keywords.get(name).and_then(Value::as_u64);
    let value = value.and_then(|value| usize::try_from(value).ok());
    value.ok_or(Problem::Missing(name))
}

fn strings(keywords: &Map<String, Value>, name: &'static str) -> Result<Vec<String>, Problem> {
    let values = keywords.get(name).and_then(Value::as_array);
    let values = values.ok_or(Problem::Missing(name))?;
    let strings = values.iter().map(|value| value.as_str().map(str::to_owned));
    strings.collect::<Option<_>>().ok_or(Problem::Missing(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_schema_becomes_a_shape() {
        let schema = json!({
            "type": "object",
            "title": "an item",
            "required": ["state", "id", "notes"],
            "additionalProperties": false,
            "properties": {
                "id": {"enum": ["pet", "film"]},
                "state": {"type": "boolean"},
                "notes": {
                    "type": "array", "maxItems": 3,
                    "items": {"type": "string", "maxLength": 9},
                },
            },
        });
        let notes = Schema::List { items: Box::new(Schema::Text { max_chars: 9 }), min: 0, max: 3 };
        let shape = Schema::from_json(&schema).unwrap();
        let fields = [
            ("id".into(), Schema::Enum(vec!["pet".into(), "film".into()])),
            ("state".into(), Schema::Boolean),
            ("notes".into(), notes),
        ];
        assert_eq!(shape, Schema::Object(fields.to_vec()));

        assert!(shape.allows(&json!({"id": "pet", "state": true, "notes": ["a"]})));
        for refused in [
            json!({"id": "pet", "state": true}),
            json!({"state": true, "id": "pet", "notes": []}),
            json!({"id": "can", "state": true, "notes": []}),
            json!({"id": "pet", "state": "true", "notes": []}),
            json!({"id": "pet", "state": true, "notes": ["", "", "", ""]}),
            json!({"id": "pet", "state": true, "notes": ["1234567890"]}),
            json!({"id": "pet", "state": true, "notes": ["a<b"]}),
        ] {
            assert!(!shape.allows(&refused), "{refused}");
        }
    }

    #[test]
    fn what_cannot_be_held_to_is_refused_by_name() {
        let text = json!({"type": "string", "maxLength": 1});
        let nested = |schema: Value| json!({"type": "object", "properties": {"a": schema}, "required": ["a"]});
        let cases = [
            (json!({"type": "string"}), "", Problem::Missing("maxLength")),
            (json!({"type": "number"}), "", Problem::Type("number".into())),
            (json!(true), "", Problem::Missing("type")),
            (json!({"enum": [1]}), "", Problem::Missing("enum")),
            (
                nested(json!({"enum": ["x"], "pattern": "x"})),
                "/a",
                Problem::Keyword("pattern".into()),
            ),
            (
                nested(json!({"type": "array", "items": text, "minItems": 2, "maxItems": 1})),
                "/a",
                Problem::Bounds,
            ),
            (
                nested(json!({"type": "array", "maxItems": 1, "items": {"type": "null"}})),
                "/a/-",
                Problem::Type("null".into()),
            ),
            (
                json!({"type": "object", "properties": {"a": text}}),
                "",
                Problem::Optional("a".into()),
            ),
        ];
        for (schema, path, problem) in cases {
            let path = path.to_owned();
            assert_eq!(Schema::from_json(&schema), Err(SchemaError { path, problem }));
        }
        let deep = (0..100).fold(text, |schema, _| nested(schema));
        let error = Schema::from_json(&deep).unwrap_err();
        assert_eq!(error.problem, Problem::TooDeep);
    }

    #[test]
    fn every_shape_that_passes_can_be_read_back() {
        let nested = |levels| {
            (0..levels).fold(Schema::Boolean, |shape, _| Schema::Object(vec![("a".into(), shape)]))
        };
        assert!(nested(MAX_DEPTH).check().is_ok());
        assert_eq!(nested(MAX_DEPTH + 1).check().unwrap_err().problem, Problem::TooDeep);

        let twice =
            Schema::Object(vec![("a".into(), Schema::Boolean), ("a".into(), Schema::Boolean)]);
        let error = twice.check().unwrap_err();
        assert_eq!(error.problem, Problem::DuplicateField("a".into()));
    }
}
