//! The JSON schema that editors use must name the fields the readers know.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::cases::{Case, Expected};
use super::item::Item;
use super::pack::{Contact, PackInfo, Source};
use super::perceived::Cue;
use super::rule::{Answer, Hazard, Question, Rule, Step, When};
use super::stream::{Bag, BagSize, Moment, Place, Price, SetOut, Site, Stream, Way};
use super::zone::Zone;

/// The names serde lists when it meets one it does not know.
fn fields<T: DeserializeOwned>() -> BTreeSet<String> {
    let Err(error) = serde_json::from_str::<T>(r#"{"?": 0}"#) else {
        panic!("unknown fields must be refused")
    };
    error.to_string().split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_schema_names_the_fields_of_every_row() {
    let schema: Value = serde_json::from_str(include_str!("../../../rules/schema.json")).unwrap();
    let rows = [
        ("pack", fields::<PackInfo>()),
        ("contact", fields::<Contact>()),
        ("source", fields::<Source>()),
        ("zone", fields::<Zone>()),
        ("price", fields::<Price>()),
        ("moment", fields::<Moment>()),
        ("set_out", fields::<SetOut>()),
        ("way", fields::<Way>()),
        ("stream", fields::<Stream>()),
        ("bag_size", fields::<BagSize>()),
        ("bag", fields::<Bag>()),
        ("place", fields::<Place>()),
        ("site", fields::<Site>()),
        ("step", fields::<Step>()),
        ("answer", fields::<Answer>()),
        ("question", fields::<Question>()),
        ("item", fields::<Item>()),
        ("when", fields::<When>()),
        ("rule", fields::<Rule>()),
        ("hazard", fields::<Hazard>()),
        ("cue", fields::<Cue>()),
        ("expected", fields::<Expected>()),
        ("case", fields::<Case>()),
    ];
    for (name, fields) in rows {
        let row = schema["$defs"][name]["properties"].as_object().unwrap();
        let described: BTreeSet<_> = row.keys().cloned().collect();
        assert_eq!(described, fields, "{name}");
    }
}
