//! The Android app's own string files, read as far as the glossary needs them.

use std::collections::BTreeMap;

/// The wordings of a `strings.xml` as the glossary writes them: gaps as `{1}`, the forms of a
/// count as `key.one` and `key.other`.
pub fn texts(xml: &str) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut plural = String::new();
    for line in xml.lines().map(str::trim) {
        let value = || line.split_once('>').and_then(|(_, rest)| rest.rsplit_once("</"));
        let Some(name) = attribute(line, "name").or_else(|| attribute(line, "quantity")) else {
            continue;
        };
        if line.starts_with("<plurals") {
            plural = name.to_owned();
        } else if let Some((text, end)) = value() {
            let key = if end == "item>" { format!("{plural}.{name}") } else { name.to_owned() };
            texts.insert(key, gaps(&text.replace("\\'", "'").replace("\\\"", "\"")));
        }
    }
    texts
}

fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split_once(&format!("{name}=\""))?.1.split('"').next()
}

/// `%1$s` and `%2$d` by their number, `%s` and `%d` by their order.
fn gaps(text: &str) -> String {
    let mut parts = text.split('%');
    let mut words = parts.next().unwrap_or_default().to_owned();
    for (order, part) in (1..).zip(parts) {
        let kinds = ['s', 'd'];
        let numbered = part.split_once('$').filter(|(number, _)| number.parse::<u8>().is_ok());
        words += &match numbered.or_else(|| part.starts_with(kinds).then_some(("", part))) {
            Some(("", rest)) => format!("{{{order}}}{}", &rest[1..]),
            Some((number, rest)) => format!("{{{number}}}{}", &rest[1..]),
            None => format!("%{part}"),
        };
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::glossary::Glossary;
    use crate::bundled;

    #[test]
    fn gaps_and_counts_are_read_as_the_glossary_writes_them() {
        let xml = r#"
            <string name="moved" translatable="false">It\'s %1$s (%2$s)</string>
            <plurals name="found">
                <item quantity="one">%d thing, %s</item>"#;
        let read: Vec<_> = texts(xml).into_iter().collect();
        let wanted = [("found.one", "{1} thing, {2}"), ("moved", "It's {1} ({2})")];
        assert_eq!(read, wanted.map(|(key, text)| (key.to_owned(), text.to_owned())));
    }

    #[test]
    fn android_says_what_the_glossary_says() {
        let root = bundled::root();
        let glossary = Glossary::read(&root.join("apps/strings.tsv")).unwrap();
        let read = |folder: &str| {
            let path = format!("android/app/src/main/res/{folder}/strings.xml");
            texts(&std::fs::read_to_string(root.join(path)).unwrap())
        };
        let (english, german) = (read("values"), read("values-de"));
        let words: BTreeMap<_, _> =
            glossary.of("android").map(|word| (word.key.clone(), word.en.clone())).collect();
        assert_eq!(english, words, "apps/strings.tsv has the words of both apps");
        for word in glossary.of("android") {
            let said = german.get(&word.key).unwrap_or(&english[&word.key]);
            assert_eq!(said, &word.de, "{} in German", word.key);
        }
    }
}
