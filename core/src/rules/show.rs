//! Pack rows as they are shown: one language, references followed.

use super::instruction::{
    BagText, NextCollection, PlaceText, SiteText, SizeText, SourceText, StreamText, WayText,
};
use super::phrases::Phrases;
use super::resolve::Answering;
use super::stream::{Bag, Place, Price, Site, Stream, Way};
use super::text::Texts;
use super::zone::{Reach, reach};
use crate::schedule::Next;

impl Answering<'_> {
    pub(super) fn phrases(&self) -> &'static Phrases {
        Phrases::of(self.language)
    }

    pub(super) fn text(&self, texts: &Texts) -> String {
        texts.get(self.language).to_owned()
    }

    pub(super) fn optional(&self, texts: &Option<Texts>) -> Option<String> {
        texts.as_ref().map(|texts| self.text(texts))
    }

    pub(super) fn steps(&self, ids: &[String]) -> Vec<String> {
        let find = |id: &String| self.pack.steps.iter().find(|step| step.id == *id);
        ids.iter().filter_map(find).map(|step| self.text(&step.text)).collect()
    }

    pub(super) fn source(&self, id: &str) -> Option<SourceText> {
        let source = self.pack.sources.iter().find(|source| source.id == id)?;
        Some(SourceText {
            title: source.title.clone(),
            publisher: source.publisher.clone(),
            url: source.url.clone(),
            retrieved: source.retrieved,
            verified: source.verified,
        })
    }

    pub(super) fn stream_names(&self, ids: &[String]) -> Vec<String> {
        let named = self.pack.streams.iter().filter(|stream| ids.contains(&stream.id));
        named.map(|stream| self.text(&stream.names)).collect()
    }

    pub(super) fn stream(&self, stream: &Stream) -> StreamText {
        let (id, icon) = (stream.id.clone(), stream.icon.clone());
        StreamText { id, name: self.text(&stream.names), icon }
    }

    pub(super) fn way(&self, way: &Way) -> WayText {
        let place = way.place.as_ref();
        let place = place.and_then(|id| self.pack.places.iter().find(|place| place.id == *id));
        let bags = self.pack.bags(way, self.context).map(|(bag, _)| bag);
        WayText {
            how: way.how,
            container: self.optional(&way.container),
            colour: way.colour.clone(),
            place: place.map(|place| self.place(place)),
            bags: bags.map(|bag| self.bag(bag)).collect(),
            set_out: way.set_out,
            refund: way.refund.as_ref().map(amount),
            note: self.optional(&way.note),
            source: self.source(&way.source),
        }
    }

    /// When a stream is fetched next; `None` where no plan lists it.
    pub(super) fn next(&self, stream: &str) -> Option<NextCollection> {
        match self.pack.calendar(&self.context.zones).next(stream, self.context.date) {
            Next::On(collection) => Some(NextCollection::On {
                date: collection.date,
                instead_of: collection.instead_of,
                reason: collection.reason.map(|reason| self.text(reason)),
            }),
            Next::AskZone => Some(NextCollection::AskZone),
            Next::NoOfficialDates { since } => Some(NextCollection::NoOfficialDates { since }),
            Next::NotListed => None,
        }
    }

    fn place(&self, place: &Place) -> PlaceText {
        PlaceText {
            id: place.id.clone(),
            name: self.text(&place.names),
            address: place.address.clone(),
            position: place.position,
            opening_hours: place.opening_hours.clone(),
            note: self.optional(&place.note),
            sites: self.sites(place),
        }
    }

    /// Addresses elsewhere help nobody: without a zone there are none.
    fn sites(&self, place: &Place) -> Vec<SiteText> {
        let near = |site: &&Site| {
            let reach = reach(&self.pack.zones, &site.zones, &self.context.zones);
            site.places.contains(&place.id) && matches!(reach, Reach::Counts { .. })
        };
        let shown = |site: &Site| SiteText {
            name: site.name.clone(),
            position: site.position,
            opening_hours: site.opening_hours.clone(),
        };
        self.pack.sites.iter().filter(near).map(shown).collect()
    }

    fn bag(&self, bag: &Bag) -> BagText {
        let sizes = bag.sizes.iter().map(|size| SizeText {
            litres: size.litres,
            price: size.price.as_ref().map(amount),
            as_of: size.price.as_ref().map(|price| price.as_of.clone()),
            covers: size.price.as_ref().and_then(|price| self.optional(&price.covers)),
        });
        BagText {
            id: bag.id.clone(),
            name: self.text(&bag.names),
            colour: bag.colour.clone(),
            sizes: sizes.collect(),
            sold_at: self.optional(&bag.sold_at),
            not_valid: self.optional(&bag.not_valid),
        }
    }
}

/// An amount as printed: currency first.
pub(super) fn amount(price: &Price) -> String {
    format!("{} {}", price.currency, price.amount)
}
