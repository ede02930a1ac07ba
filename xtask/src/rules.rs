//! `cargo xtask rules`: checks, shows and searches the rule packs.

use std::fs;
use std::path::Path;

use jiff::civil::Date;
use kerbside_core::rules::{
    Class, Context, Finding, Instruction, Mismatch, Perceived, RulePack, schema,
};
use kerbside_core::store;

use crate::args::Args;
use crate::bundled;
use crate::failure::{Failure, Result};
use crate::{import_5374, rules_matrix};

const USAGE: &str = "cargo xtask rules check [FOLDER…] | show COMMUNITY | search COMMUNITY WORD | matrix \
| schema | import-5374 FOLDER   [--language TAG] [--zone ID] [--date YYYY-MM-DD] [--details]";

/// Runs the task.
pub fn run(mut args: Args) -> Result<()> {
    let verb = args.next(USAGE)?.unwrap_or_default();
    if verb == "import-5374" {
        return import_5374::run(args);
    }
    let wish = Wish::parse(args)?;
    match (verb.as_str(), wish.words.as_slice()) {
        ("check", []) => check_all(&bundled::communities()?),
        ("check", folders) => check_all(folders),
        ("matrix", []) => matrix(&wish),
        ("schema", []) => write_schema(),
        ("show", [community]) => show(&bundled::rule_pack(community)?, &wish),
        ("search", [community, words @ ..]) if !words.is_empty() => {
            search(&bundled::rule_pack(community)?, &words.join(" "), &wish)
        }
        _ => Err(Failure::new(USAGE)),
    }
}

/// What the person asked for.
struct Wish {
    words: Vec<String>,
    context: Context,
    /// Whether prices, times and sources are wanted as well.
    details: bool,
}

impl Wish {
    fn parse(mut args: Args) -> Result<Self> {
        let date = jiff::Zoned::now().date();
        let context = Context { zones: Vec::new(), date, language: "en".to_owned() };
        let mut wish = Self { words: Vec::new(), context, details: false };
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--language" => wish.context.language = args.text("--language")?,
                "--zone" => wish.context.zones.push(args.text("--zone")?),
                "--details" => wish.details = true,
                "--date" => wish.context.date = args.text("--date")?.parse::<Date>()?,
                word if word.starts_with("--") => return Err(Failure::new(USAGE)),
                _ => wish.words.push(arg),
            }
        }
        Ok(wish)
    }
}

fn matrix(wish: &Wish) -> Result<()> {
    let folders = bundled::communities()?;
    let packs: Vec<_> =
        folders.iter().map(|folder| bundled::read_rule_pack(folder)).collect::<Result<_>>()?;
    rules_matrix::print(&packs, &wish.context);
    Ok(())
}

/// Writes `rules/schema.json` anew, after the types have changed.
fn write_schema() -> Result<()> {
    let path = bundled::root().join("rules/schema.json");
    let text = serde_json::to_string_pretty(&schema())? + "\n";
    fs::write(&path, text).map_err(|error| Failure::io(&path, &error))?;
    println!("wrote {}", path.display());
    Ok(())
}

/// Checks every pack and lists everything that is wrong before giving up.
fn check_all(folders: &[impl AsRef<Path>]) -> Result<()> {
    let mut wrong = 0;
    for folder in folders {
        let folder = folder.as_ref();
        let problems = problems(folder);
        match &problems {
            Ok(summary) => println!("ok    {}: {summary}", folder.display()),
            Err(problems) => {
                problems
                    .iter()
                    .for_each(|problem| println!("wrong {}/{problem}", folder.display()));
            }
        }
        wrong += problems.err().map_or(0, |problems| problems.len());
    }
    match wrong {
        0 => Ok(()),
        _ => Err(Failure::new(format!("{wrong} problems in {} rule packs", folders.len()))),
    }
}

/// The pack in numbers, or each of its problems, starting with the file's name.
fn problems(folder: &Path) -> Result<String, Vec<String>> {
    let files = store::rule_files(folder).map_err(|error| vec![error.to_string()])?;
    let pack = RulePack::parse(files.clone()).map_err(|error| vec![error.to_string()])?;
    let mut problems: Vec<_> = pack.validate().iter().map(|found| placed(found, &files)).collect();
    problems.extend(misplaced(&pack, folder));
    if problems.is_empty() {
        problems.extend(pack.run_cases().iter().map(mismatch));
    }
    if pack.cases().is_empty() {
        problems.push("cases.json: no worked examples".to_owned());
    }
    if problems.is_empty() { Ok(summary(&pack)) } else { Err(problems) }
}

/// A finding with the line of its row, as an editor counts them.
fn placed(found: &Finding, files: &[(String, Vec<u8>)]) -> String {
    let text =
        files.iter().find(|(name, _)| *name == found.file).map(|(_, bytes)| bytes.as_slice());
    let text = String::from_utf8_lossy(text.unwrap_or_default());
    let key = |line: &str, field: &str| {
        let compact: String = line.split_whitespace().collect();
        compact.contains(&format!("\"{field}\":\"{}\"", found.row))
    };
    let line = text.lines().position(|line| key(line, "id") || key(line, "name"));
    match line.filter(|_| !found.row.is_empty()) {
        Some(line) => format!("{found} (line {})", line + 1),
        None => found.to_string(),
    }
}

/// A pack lies in `<country>/<id>`, so that its folder can be found from what it says of itself.
fn misplaced(pack: &RulePack, folder: &Path) -> Option<String> {
    let place = Path::new(&pack.info().country).join(&pack.info().id);
    let home = folder.canonicalize().is_ok_and(|folder| folder.ends_with(&place));
    (!home).then(|| format!("pack.json: country and id belong into a folder {}", place.display()))
}

fn mismatch(failed: &Mismatch) -> String {
    let seen = failed.case.item.as_deref().unwrap_or(&failed.case.class);
    let got: Vec<_> = failed.got.iter().map(Instruction::sentence).collect();
    format!("cases.json: row {} ({seen}): came out as {}", failed.index + 1, got.join(" + "))
}

fn summary(pack: &RulePack) -> String {
    let (items, rules) = (pack.items().len(), pack.rules().len());
    let unverified = pack.sources().iter().filter(|source| source.verified.is_none()).count();
    format!(
        "{items} items, {rules} rules, {} zones, {} cases, {unverified} of {} sources unverified",
        pack.zones().len(),
        pack.cases().len(),
        pack.sources().len()
    )
}

fn show(pack: &RulePack, wish: &Wish) -> Result<()> {
    let info = pack.info();
    println!(
        "{} ({}/{}), version {}",
        info.names.get(&wish.context.language),
        info.country,
        info.id,
        info.version
    );
    println!("valid {} to {}, in {}", info.from, info.until, info.languages.join(", "));
    println!("{}\n\nWhen only the class is known:", summary(pack));
    for class in Class::ALL {
        tell(pack, &Perceived::of_class(class.label()), wish);
    }
    println!("\nItems:");
    for item in pack.items() {
        tell(pack, &chosen(&item.id), wish);
    }
    if !pack.notices().is_empty() {
        println!("\nNotices:");
    }
    for notice in pack.notices() {
        println!("  {}", notice.text.get(pack.language(&wish.context.language)));
    }
    println!("\nSources:");
    for source in pack.sources() {
        let verified =
            source.verified.map_or("never verified".to_owned(), |day| format!("verified {day}"));
        println!(
            "  {}, {}: {} (read {}, {verified})",
            source.publisher, source.title, source.url, source.retrieved
        );
    }
    Ok(())
}

fn search(pack: &RulePack, query: &str, wish: &Wish) -> Result<()> {
    let hits = pack.search(query, &wish.context.language);
    if hits.is_empty() {
        return Err(Failure::new(format!("{query}: no item of {} is called so", pack.info().id)));
    }
    for hit in hits {
        println!("{} [{}]", hit.word, hit.item.id);
        tell(pack, &chosen(&hit.item.id), wish);
    }
    Ok(())
}

fn chosen(item: &str) -> Perceived {
    Perceived { item: Some(item.to_owned()), confirmed: true, ..Perceived::default() }
}

fn tell(pack: &RulePack, seen: &Perceived, wish: &Wish) {
    for instruction in pack.resolve(seen, &wish.context) {
        let indent = if instruction.part_of.is_some() { "    + " } else { "  " };
        println!("{indent}{}", instruction.sentence());
        if wish.details {
            instruction.details().iter().for_each(|line| println!("{indent}  {line}"));
        }
    }
}
