//! All items from A to Z, and everything a pack says of one.

use std::collections::BTreeMap;

use super::instruction::Instruction;
use super::item::Item;
use super::pack::RulePack;
use super::perceived::{Context, Fact, Perceived};
use super::text::fold;

/// Items whose names begin alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Section<'a> {
    /// The letter as it is compared, a capital: "Ö" stands under "O". `#` for digits and signs.
    pub letter: String,
    /// The items, by name.
    pub items: Vec<&'a Item>,
}

/// One item, and what is done with it.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemPage<'a> {
    /// The item.
    pub item: &'a Item,
    /// Its name.
    pub name: &'a str,
    /// Other words for it in the same language.
    pub aliases: &'a [String],
    /// What it is made of, where that helps to recognise it.
    pub material: Option<&'a str>,
    /// What is to be done with it, followed by its parts.
    pub instructions: Vec<Instruction>,
}

impl RulePack {
    /// Every item under the first letter of its name in `language`.
    pub fn directory(&self, language: &str) -> Vec<Section<'_>> {
        let language = self.language(language);
        let mut sections: BTreeMap<String, Vec<(String, &Item)>> = BTreeMap::new();
        for item in &self.items {
            let folded = fold(item.names.get(language));
            sections.entry(initial(&folded)).or_default().push((folded, item));
        }
        let mut sorted = Vec::new();
        for (letter, mut named) in sections {
            named.sort_by(|(one, _), (other, _)| one.cmp(other));
            sorted
                .push(Section { letter, items: named.into_iter().map(|(_, item)| item).collect() });
        }
        sorted
    }

    /// The page of an item, for someone who has it in hand: nobody doubts what it is.
    pub fn item_page(&self, id_or_name: &str, context: &Context) -> Option<ItemPage<'_>> {
        let item = self.lookup(id_or_name)?;
        let language = self.language(&context.language);
        let class = item.classes.first().map(|class| class.label()).unwrap_or_default();
        let seen = Perceived::of_class(class).with(&Fact::Item(item.id.clone()));
        Some(ItemPage {
            item,
            name: item.names.get(language),
            aliases: item.aliases.get(language).map_or(&[], Vec::as_slice),
            material: item.material.as_ref().map(|material| material.get(language)),
            instructions: self.resolve(&seen, context),
        })
    }
}

fn initial(folded: &str) -> String {
    match folded.chars().next() {
        Some(letter) if letter.is_alphabetic() => letter.to_uppercase().collect(),
        _ => "#".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Verdict;
    use crate::rules::fixtures::{on, zurich};

    #[test]
    fn every_item_stands_once_under_its_letter_in_order() {
        let pack = zurich();
        for language in ["de", "en"] {
            let sections = pack.directory(language);
            let letters: Vec<_> = sections.iter().map(|section| section.letter.as_str()).collect();
            assert!(letters.is_sorted(), "{letters:?}");
            let all: Vec<_> = sections.iter().flat_map(|section| &section.items).collect();
            assert_eq!(all.len(), pack.items().len());
            for section in &sections {
                let names: Vec<_> =
                    section.items.iter().map(|item| fold(item.names.get(language))).collect();
                assert!(names.is_sorted(), "{names:?}");
                assert!(names.iter().all(|name| initial(name) == section.letter), "{names:?}");
            }
        }
        assert_eq!(initial(&fold("Ölfarbe")), "O");
        assert_eq!(initial(&fold("3-Minuten-Suppe")), "#");
    }

    #[test]
    fn a_page_answers_for_the_item_itself() {
        let pack = zurich();
        let context = on("2026-03-02");
        let page = pack.item_page("pet-bottle", &context).unwrap();
        assert_eq!(
            (page.name, page.instructions[0].item.as_deref()),
            ("PET drink bottle", Some("pet-bottle"))
        );
        assert_ne!(page.instructions[0].verdict, Verdict::Unknown);
        assert!(pack.item_page("unicorn", &context).is_none());
    }
}
