//! Where a household is.

use kerbside_core::rules::Context;

use crate::dates::CivilDate;

/// Where a household is, and in which language it wants to be told.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Place {
    /// Id of the community.
    pub community: String,
    /// Ids of the zones it lies in; empty while nobody has said.
    pub zones: Vec<String>,
    /// Language tag, such as `de-CH`.
    pub language: String,
}

impl Place {
    pub(crate) fn on(&self, date: CivilDate) -> Context {
        Context { zones: self.zones.clone(), date, language: self.language.clone() }
    }
}
