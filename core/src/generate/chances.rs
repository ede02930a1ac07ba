//! How sure the model is of the values of a structured answer.

use std::collections::BTreeMap;

/// How probable the values of an answer are, by their place (`"/1/item"`): the product of the
/// probabilities of their tokens among those the grammar allowed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chances(BTreeMap<String, f32>);

impl Chances {
    /// Every value certain: an answer that was not generated.
    pub const CERTAIN: Self = Self(BTreeMap::new());

    /// Multiplies the probability at a place by that of a further choice there.
    pub fn multiply(&mut self, place: &str, probability: f32) {
        match self.0.get_mut(place) {
            Some(known) => *known *= probability,
            None => drop(self.0.insert(place.to_owned(), probability)),
        }
    }

    /// The probability of the value at a place; 1 where nothing was chosen.
    pub fn of(&self, place: &str) -> f32 {
        self.0.get(place).copied().unwrap_or(1.0)
    }
}
