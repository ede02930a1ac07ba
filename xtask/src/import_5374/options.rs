//! What the person asks for.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::error::Error;
use crate::args::Args;
use crate::failure::{Failure, Result};

const USAGE: &str = "cargo xtask rules import-5374 FOLDER --out PACK --licence ID --url PAGE [--id ID] \
[--name TEXT] [--title TEXT] [--publisher TEXT] [--attribution TEXT] [--contact TEXT] [--phone TEXT] [--language ja|en] \
[--from YYYY-MM-DD] [--until YYYY-MM-DD] [--today YYYY-MM-DD] [--json]";

/// What to import, and what the tables do not say of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Folder with the tables.
    pub tables: PathBuf,
    /// Folder of the pack; must not exist yet.
    pub out: PathBuf,
    /// Id of the pack.
    pub id: String,
    /// What the community is called.
    pub name: String,
    /// SPDX id of the tables' licence.
    pub licence: String,
    /// Address of the page the tables are from.
    pub url: String,
    /// Title of that page.
    pub title: String,
    /// Who published the tables; the community itself if nothing else is known.
    pub publisher: Option<String>,
    /// Whom the licence asks to be named.
    pub attribution: Option<String>,
    /// Who knows when the pack does not; the community itself if nothing else is known.
    pub contact: Option<String>,
    /// Telephone number of the contact.
    pub phone: Option<String>,
    /// Language of the tables.
    pub language: String,
    /// First day the tables were published for.
    pub from: Option<Date>,
    /// Last day the tables were published for.
    pub until: Option<Date>,
    /// The day lists are measured against, and the day the tables were read.
    pub today: Date,
}

impl Options {
    /// What can be said without being asked: id and name are those of the folder.
    pub fn new(tables: &Path, out: &Path, licence: &str, url: &str) -> Self {
        let folder = tables.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self {
            tables: tables.to_owned(),
            out: out.to_owned(),
            id: folder.clone(),
            name: folder,
            licence: licence.to_owned(),
            url: url.to_owned(),
            title: "5374 tables, as imported".to_owned(),
            publisher: None,
            attribution: None,
            contact: None,
            phone: None,
            language: "ja".to_owned(),
            from: None,
            until: None,
            today: jiff::Zoned::now().date(),
        }
    }

    /// Options from the command line, and whether the report is wanted as JSON.
    ///
    /// # Errors
    /// For options nobody knows, values of the wrong form, and missing ones.
    pub fn parse(mut args: Args) -> Result<(Self, bool)> {
        let mut given = Self::new(Path::new(""), Path::new(""), "", "");
        let (mut id, mut name, mut json) = (None, None, false);
        while let Some(arg) = args.next(USAGE)? {
            match arg.as_str() {
                "--json" => json = true,
                "--out" => given.out = args.path(&arg)?,
                "--id" => id = Some(args.text(&arg)?),
                "--name" => name = Some(args.text(&arg)?),
                "--licence" => given.licence = args.text(&arg)?,
                "--url" => given.url = args.text(&arg)?,
                "--title" => given.title = args.text(&arg)?,
                "--publisher" => given.publisher = Some(args.text(&arg)?),
                "--attribution" => given.attribution = Some(args.text(&arg)?),
                "--contact" => given.contact = Some(args.text(&arg)?),
                "--phone" => given.phone = Some(args.text(&arg)?),
                "--language" => given.language = args.text(&arg)?,
                "--from" => given.from = Some(day(&mut args, &arg)?),
                "--until" => given.until = Some(day(&mut args, &arg)?),
                "--today" => given.today = day(&mut args, &arg)?,
                _ if given.tables.as_os_str().is_empty() => {
                    given.tables = args.positional(&arg, USAGE)?;
                }
                other => return Err(Failure::new(format!("{other}: one folder only; {USAGE}"))),
            }
        }
        let folder = given.tables.file_name().unwrap_or_default().to_string_lossy().into_owned();
        given.id = id.unwrap_or_else(|| folder.clone());
        given.name = name.unwrap_or(folder);
        given.complete()?;
        Ok((given, json))
    }

    fn complete(&self) -> Result<()> {
        let missing = [
            (self.tables.as_os_str().is_empty(), "a folder with tables"),
            (self.out.as_os_str().is_empty(), "--out"),
            (self.licence.is_empty(), "--licence"),
            (self.url.is_empty(), "--url"),
        ];
        match missing.into_iter().find(|(missing, _)| *missing) {
            Some((_, what)) => Err(Failure::new(format!("{what} is missing; {USAGE}"))),
            None => Ok(()),
        }
    }

    /// Refuses what no pack can be made with, before anything is read.
    pub(super) fn check(&self) -> Result<(), Error> {
        let plain = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '-');
        if self.id.is_empty() || !self.id.chars().all(plain) {
            return Err(Error::Id(self.id.clone()));
        }
        if !self.url.starts_with("https://") && !self.url.starts_with("http://") {
            return Err(Error::Url(self.url.clone()));
        }
        if !["ja", "en"].contains(&self.language.as_str()) {
            return Err(Error::Language(self.language.clone()));
        }
        for (text, option) in [(&self.name, "--name"), (&self.licence, "--licence")] {
            if text.trim().is_empty() {
                return Err(Error::Blank(option));
            }
        }
        if let Some((from, until)) = self.from.zip(self.until).filter(|(from, until)| until < from)
        {
            return Err(Error::Backwards { from, until });
        }
        if self.out.exists() {
            return Err(Error::Exists(self.out.clone()));
        }
        Ok(())
    }

    /// Who knows when the pack does not.
    pub(super) fn contact(&self) -> &str {
        self.contact.as_deref().unwrap_or(&self.name)
    }

    /// Who published the tables.
    pub(super) fn publisher(&self) -> &str {
        self.publisher.as_deref().unwrap_or(&self.name)
    }
}

fn day(args: &mut Args, option: &str) -> Result<Date> {
    let text = args.text(option)?;
    text.parse().map_err(|_| Failure::new(format!("{option} wants YYYY-MM-DD, not {text:?}")))
}
