//! Each row by itself: ids, dates, amounts, texts in every language.

use std::collections::HashSet;

use jiff::civil::Date;

use super::{At, Report, at};
use crate::rules::phrases::Phrases;
use crate::rules::stream::{Price, Stream, Way};
use crate::rules::text::Texts;

/// Longer texts than this are no texts for a phone's screen.
const LONGEST_TEXT: usize = 2000;

pub(super) fn check(report: &mut Report<'_>) {
    info(report);
    ids(report);
    sources(report);
    streams(report);
    bags(report);
    named_rows(report);
    rules(report);
    lines(report);
}

fn info(report: &mut Report<'_>) {
    let info = &report.pack.info;
    let row = at("pack.json", "", "languages");
    report.require(!info.languages.is_empty(), row, || "no language".into());
    for language in &info.languages {
        let spoken = Phrases::in_language(language).is_some();
        report.require(spoken, row, || format!("{language}: no sentence templates in core"));
    }
    texts(report, at("pack.json", "", "names"), &info.names);
    if let Some(question) = &info.zone_question {
        texts(report, at("pack.json", "", "zone_question"), question);
    }
    order(report, at("pack.json", "", "until"), Some(info.from), Some(info.until));
    let zoned = info.time_zone.contains('/');
    report.require(zoned, at("pack.json", "", "time_zone"), || "not an IANA time zone".into());
}

fn ids(report: &mut Report<'_>) {
    let pack = report.pack;
    unique(report, "sources.json", pack.sources.iter().map(|row| &row.id));
    unique(report, "zones.json", pack.zones.iter().map(|row| &row.id));
    unique(report, "streams.json", pack.streams.iter().map(|row| &row.id));
    unique(report, "bags.json", pack.bags.iter().map(|row| &row.id));
    unique(report, "places.json", pack.places.iter().map(|row| &row.id));
    unique(report, "steps.json", pack.steps.iter().map(|row| &row.id));
    unique(report, "questions.json", pack.questions.iter().map(|row| &row.id));
    unique(report, "items.json", pack.items.iter().map(|row| &row.id));
    unique(report, "rules.json", pack.rules.iter().map(|row| &row.id));
    unique(report, "hazards.json", pack.hazards.iter().map(|row| &row.id));
}

pub(super) fn unique<'a>(
    report: &mut Report<'_>,
    file: &'static str,
    ids: impl Iterator<Item = &'a String>,
) {
    let mut seen = HashSet::new();
    for id in ids {
        let plain = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '-');
        let well_formed = !id.is_empty() && id.chars().all(plain);
        report.require(well_formed, at(file, id, "id"), || "use a-z, 0-9 and - only".into());
        report.require(seen.insert(id), at(file, id, "id"), || "used twice".into());
    }
}

fn sources(report: &mut Report<'_>) {
    for source in &report.pack.sources {
        let web = source.url.starts_with("https://") || source.url.starts_with("http://");
        report.require(web, at("sources.json", &source.id, "url"), || "not a web address".into());
        let original = |id: &String| report.pack.sources.iter().find(|source| source.id == *id);
        if let Some(of) = &source.translation_of {
            let dates = original(of).and_then(|original| original.updated).zip(source.updated);
            let older = dates.is_some_and(|(original, translation)| translation < original);
            let row = at("sources.json", &source.id, "translation_of");
            report
                .require(!older, row, || format!("the translation is older than {of}: cite that"));
            report.require(original(of).is_some(), row, || format!("{of}: no such row"));
        }
        let checked = source.verified.is_none_or(|verified| verified >= source.retrieved);
        report.require(checked, at("sources.json", &source.id, "verified"), || {
            "verified before it was retrieved".into()
        });
    }
}

fn streams(report: &mut Report<'_>) {
    for stream in &report.pack.streams {
        let row = |field| at("streams.json", &stream.id, field);
        texts(report, row("names"), &stream.names);
        optional(report, row("accepts"), &stream.accepts);
        optional(report, row("rejects"), &stream.rejects);
        report.require(!stream.ways.is_empty(), row("ways"), || "no way to get rid of it".into());
        for way in &stream.ways {
            self::way(report, stream, way);
        }
    }
}

fn way(report: &mut Report<'_>, stream: &Stream, way: &Way) {
    let row = |field| at("streams.json", &stream.id, field);
    order(report, row("ways.until"), way.from, way.until);
    optional(report, row("ways.container"), &way.container);
    optional(report, row("ways.note"), &way.note);
    colour(report, row("ways.colour"), &way.colour);
    if let Some(refund) = &way.refund {
        price(report, row("ways.refund"), refund);
    }
}

fn bags(report: &mut Report<'_>) {
    for bag in &report.pack.bags {
        let row = |field| at("bags.json", &bag.id, field);
        texts(report, row("names"), &bag.names);
        optional(report, row("sold_at"), &bag.sold_at);
        optional(report, row("not_valid"), &bag.not_valid);
        colour(report, row("colour"), &bag.colour);
        report.require(!bag.sizes.is_empty(), row("sizes"), || "no size".into());
        for found in bag.sizes.iter().filter_map(|size| size.price.as_ref()) {
            price(report, row("sizes.price"), found);
        }
    }
}

fn named_rows(report: &mut Report<'_>) {
    let pack = report.pack;
    for zone in &pack.zones {
        texts(report, at("zones.json", &zone.id, "names"), &zone.names);
        optional(report, at("zones.json", &zone.id, "ask"), &zone.ask);
    }
    for place in &pack.places {
        texts(report, at("places.json", &place.id, "names"), &place.names);
        optional(report, at("places.json", &place.id, "note"), &place.note);
    }
    for step in &pack.steps {
        texts(report, at("steps.json", &step.id, "text"), &step.text);
    }
    for question in &pack.questions {
        texts(report, at("questions.json", &question.id, "text"), &question.text);
        for text in question.answers.iter().filter_map(|answer| answer.text.as_ref()) {
            texts(report, at("questions.json", &question.id, "answers.text"), text);
        }
    }
    for item in &pack.items {
        texts(report, at("items.json", &item.id, "names"), &item.names);
        optional(report, at("items.json", &item.id, "material"), &item.material);
        let row = at("items.json", &item.id, "classes");
        report.require(!item.classes.is_empty(), row, || "no class can show it".into());
    }
    for hazard in &pack.hazards {
        texts(report, at("hazards.json", &hazard.id, "names"), &hazard.names);
        texts(report, at("hazards.json", &hazard.id, "question"), &hazard.question);
        optional(report, at("hazards.json", &hazard.id, "note"), &hazard.note);
    }
}

fn rules(report: &mut Report<'_>) {
    for rule in &report.pack.rules {
        let row = |field| at("rules.json", &rule.id, field);
        let aimed = !rule.items.is_empty() || !rule.classes.is_empty();
        report.require(aimed, row("items"), || "decides neither an item nor a class".into());
        order(report, row("until"), rule.from, rule.until);
        let months = rule.months.iter().all(|month| (1..=12).contains(month));
        report.require(months, row("months"), || "months are 1 to 12".into());
        optional(report, row("note"), &rule.note);
    }
}

pub(super) fn optional(report: &mut Report<'_>, row: At<'_>, found: &Option<Texts>) {
    if let Some(found) = found {
        texts(report, row, found);
    }
}

pub(super) fn texts(report: &mut Report<'_>, row: At<'_>, found: &Texts) {
    for language in &report.pack.info.languages {
        let written = found.in_language(language).is_some_and(|text| !text.trim().is_empty());
        report.require(written, row, || format!("no text in {language}"));
    }
    for (language, text) in found.iter() {
        line(report, row, text, language);
    }
}

/// Whatever else is shown: names, addresses and numbers that are the same in all languages.
fn lines(report: &mut Report<'_>) {
    let pack = report.pack;
    let mut shown: Vec<(At<'_>, &str)> = Vec::new();
    let info = &pack.info;
    let contact = at("pack.json", "", "contact");
    let ways = [&info.contact.phone, &info.contact.email, &info.contact.url];
    shown.extend(ways.into_iter().flatten().map(|text| (contact, text.as_str())));
    shown.push((contact, &info.contact.name));
    shown.push((at("pack.json", "", "licence"), &info.licence));
    shown.push((at("pack.json", "", "version"), &info.version));
    let named = info.attribution.iter();
    shown.extend(named.map(|text| (at("pack.json", "", "attribution"), text.as_str())));
    for source in &pack.sources {
        let row = at("sources.json", &source.id, "");
        shown.extend([&source.title, &source.publisher, &source.url].map(|text| (row, &**text)));
    }
    for zone in &pack.zones {
        let names = zone.postcodes.iter().chain(zone.streets.iter().map(|street| &street.name));
        shown.extend(names.map(|text| (at("zones.json", &zone.id, ""), text.as_str())));
    }
    for item in &pack.items {
        let aliases = item.aliases.values().flatten();
        shown.extend(aliases.map(|text| (at("items.json", &item.id, "aliases"), text.as_str())));
    }
    for place in &pack.places {
        let texts = [&place.address, &place.opening_hours].into_iter().flatten();
        shown.extend(texts.map(|text| (at("places.json", &place.id, ""), text.as_str())));
    }
    for site in &pack.sites {
        let row = at("sites.json", &site.name, "");
        shown.push((row, &site.name));
        shown.extend(site.opening_hours.iter().map(|text| (row, text.as_str())));
    }
    for notice in &pack.notices {
        let texts = [&notice.phone, &notice.url].into_iter().flatten();
        shown.extend(texts.map(|text| (at("notices.json", &notice.id, ""), text.as_str())));
    }
    for (row, text) in shown {
        line(report, row, text, "it");
    }
}

/// One text that is shown; `place` says where in its field it stands.
fn line(report: &mut Report<'_>, row: At<'_>, text: &str, place: &str) {
    let short = text.len() <= LONGEST_TEXT;
    report.require(short, row, || format!("over {LONGEST_TEXT} bytes in {place}"));
    let plain = !text.contains(misleading);
    report.require(plain, row, || format!("invisible or reordering letters in {place}"));
}

/// Letters that are not seen, or that make others appear in another order than they are written.
fn misleading(letter: char) -> bool {
    let reorders = matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let hides = matches!(
        letter,
        '\u{180e}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    );
    reorders || hides || (letter.is_control() && letter != '\n')
}

pub(super) fn order(report: &mut Report<'_>, row: At<'_>, from: Option<Date>, until: Option<Date>) {
    let backwards = from.zip(until).is_some_and(|(from, until)| from > until);
    report.require(!backwards, row, || "ends before it begins".into());
}

fn colour(report: &mut Report<'_>, row: At<'_>, found: &Option<String>) {
    let hex = |text: &String| {
        let digits = text.strip_prefix('#').unwrap_or_default();
        digits.len() == 6 && digits.chars().all(|digit| digit.is_ascii_hexdigit())
    };
    report.require(found.as_ref().is_none_or(hex), row, || "not of the form #rrggbb".into());
}

pub(super) fn price(report: &mut Report<'_>, row: At<'_>, found: &Price) {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    let amount = match found.amount.split_once('.') {
        Some((whole, rest)) => digits(whole) && digits(rest),
        None => digits(&found.amount),
    };
    report.require(amount, row, || "amount: write digits and a full stop".into());
    let code = found.currency.len() == 3 && found.currency.chars().all(|c| c.is_ascii_uppercase());
    report.require(code, row, || "currency: three capital letters".into());
    let lengths: Vec<_> = found.as_of.split('-').map(str::len).collect();
    let dated =
        matches!(lengths[..], [4] | [4, 2] | [4, 2, 2]) && found.as_of.split('-').all(digits);
    report.require(dated, row, || "as_of: write 2026, 2026-11 or 2026-11-23".into());
    if let Some(covers) = &found.covers {
        texts(report, row, covers);
    }
}
