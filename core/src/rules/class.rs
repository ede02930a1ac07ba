//! The nine classes the detector knows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the detector can tell apart. Finer distinctions are items of a rule pack.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Bottles, films, tubs, wrappers.
    Plastic,
    /// Bottles, jars, broken glass.
    Glass,
    /// Newspapers, sheets, bags and cups of paper.
    Paper,
    /// Boxes, egg boxes, drink cartons.
    Carton,
    /// Cans, foil, lids, scrap.
    Metal,
    /// Expanded foam.
    Foam,
    /// Batteries, aerosols, shoes, cigarettes: things that need a second look.
    Special,
    /// Food leftovers.
    Food,
    /// Tissues and everything unlabelled.
    General,
}

impl Class {
    /// Every class, in the detector's order.
    pub const ALL: [Self; 9] = [
        Self::Plastic,
        Self::Glass,
        Self::Paper,
        Self::Carton,
        Self::Metal,
        Self::Foam,
        Self::Special,
        Self::Food,
        Self::General,
    ];

    /// The class a detector label names, or `None` for anything else.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.label() == label.trim())
    }

    /// The label as the detector writes it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Plastic => "plastic",
            Self::Glass => "glass",
            Self::Paper => "paper",
            Self::Carton => "carton",
            Self::Metal => "metal",
            Self::Foam => "foam",
            Self::Special => "special",
            Self::Food => "food",
            Self::General => "general",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        for class in Class::ALL {
            assert_eq!(Class::from_label(class.label()), Some(class));
            let json = serde_json::to_string(&class).unwrap();
            assert_eq!(json, format!("{:?}", class.label()));
        }
        assert_eq!(Class::from_label(" glass "), Some(Class::Glass));
        assert_eq!(Class::from_label("glasses"), None);
    }
}
