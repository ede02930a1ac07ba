//! Things people throw away.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::Class;
use super::text::Texts;

/// A thing with a name in this community: finer than a class, coarser than a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Unique among the items of the pack; what the model is allowed to write.
    pub id: String,
    /// What the item is called.
    pub names: Texts,
    /// Other words people use for it, by language.
    #[serde(default)]
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Classes the detector may report it as. Another class makes the pack ask instead of answer.
    pub classes: Vec<Class>,
    /// What it is made of, where that helps to recognise it.
    #[serde(default)]
    pub material: Option<Texts>,
    /// Items that have to be taken off or emptied out first; each gets an instruction of its own.
    #[serde(default)]
    pub parts: Vec<String>,
    /// Hazards the item's own rule already takes care of: a phone goes to the electronics shop
    /// *with* its battery.
    #[serde(default)]
    pub covers: Vec<String>,
}

impl Item {
    /// Every name and alias with its language.
    pub fn words(&self) -> impl Iterator<Item = (&str, &str)> {
        let aliases = self.aliases.iter().flat_map(|(language, words)| {
            words.iter().map(move |word| (language.as_str(), word.as_str()))
        });
        self.names.iter().chain(aliases)
    }
}
