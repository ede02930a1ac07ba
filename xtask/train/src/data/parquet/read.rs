//! Parquet → samples, one row group at a time. Files that `datasets` or pyarrow wrote anew are read
//! as well as our own: columns are found by name, and levels say what is missing.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::file::reader::{FileReader, RowGroupReader};
use parquet::file::serialized_reader::SerializedFileReader;
use xtask::failure::{Failure, Result};

use super::super::sample::{Picture, Sample, Split};

/// The samples of a file or folder. Only the files' footers are in memory.
pub struct Samples {
    files: Vec<PathBuf>,
    groups: Vec<Group>,
}

/// A row group: where it is and how many samples it has.
struct Group {
    file: usize,
    index: usize,
    rows: usize,
}

impl Samples {
    /// Opens a Parquet file, or all of a folder: with `split`, those whose names begin with it.
    ///
    /// # Errors
    /// If there is none, or one cannot be read or has other columns.
    pub fn open(path: &Path, split: Option<Split>) -> Result<Self> {
        let files = if path.is_dir() { in_folder(path, split)? } else { vec![path.to_owned()] };
        let mut groups = Vec::new();
        for (file, path) in files.iter().enumerate() {
            let reader = open(path)?;
            for index in 0..reader.num_row_groups() {
                let rows = reader.metadata().row_group(index).num_rows() as usize;
                groups.push(Group { file, index, rows });
            }
        }
        Ok(Self { files, groups })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.rows).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many row groups there are: what can be read on its own.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// How many samples the row group `group` has.
    ///
    /// # Panics
    /// If there are not that many groups.
    pub fn group_len(&self, group: usize) -> usize {
        self.groups[group].rows
    }

    /// The samples of the row group `group`, some 8 MB of pictures at most.
    ///
    /// # Errors
    /// If the file is damaged.
    ///
    /// # Panics
    /// If there are not that many groups.
    pub fn group(&self, group: usize) -> Result<Vec<Sample>> {
        let Group { file, index, rows } = self.groups[group];
        let path = &self.files[file];
        let reader = open(path)?;
        let group = reader.get_row_group(index).map_err(|e| named(path, e))?;
        read_group(group.as_ref(), rows).map_err(|e| e.during(path.display()))
    }

    /// All samples in order; one row group is in memory at a time.
    pub fn iter(&self) -> impl Iterator<Item = Result<Sample>> {
        (0..self.groups()).flat_map(|group| match self.group(group) {
            Ok(samples) => samples.into_iter().map(Ok).collect(),
            Err(failure) => vec![Err(failure)],
        })
    }
}

fn in_folder(folder: &Path, split: Option<Split>) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| Failure::io(folder, &e))? {
        let path = entry.map_err(|e| Failure::io(folder, &e))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_wanted = split.is_none_or(|split| name.starts_with(&format!("{split}-")));
        if is_wanted && name.ends_with(".parquet") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        let which = split.map_or(String::new(), |split| format!("{split}-"));
        let words = format!("{} holds no samples: no {which}*.parquet", folder.display());
        return Err(Failure::new(words));
    }
    Ok(files)
}

fn open(path: &Path) -> Result<SerializedFileReader<File>> {
    let file = File::open(path).map_err(|e| Failure::io(path, &e))?;
    let reader = SerializedFileReader::new(file).map_err(|e| named(path, e))?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let names: Vec<String> = schema.columns().iter().map(|c| c.path().string()).collect();
    let is_missing = |wanted: &&&str| !names.iter().any(|name| is_column(name, wanted));
    if let Some(column) = COLUMNS.iter().find(is_missing) {
        let words = format!("{}: these are no samples, column {column} is missing", path.display());
        return Err(Failure::new(words));
    }
    Ok(reader)
}

fn named(path: &Path, error: impl std::error::Error) -> Failure {
    Failure::from(error).during(path.display())
}

/// A picture's fields, then the others. What a list's entries are called differs between writers.
const COLUMNS: [&str; 7] =
    ["image.bytes", "image.path", "task", "prompt", "suffix", "label", "split"];

fn is_column(path: &str, wanted: &str) -> bool {
    path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn read_group(group: &dyn RowGroupReader, rows: usize) -> Result<Vec<Sample>> {
    let [bytes, paths, tasks, prompts, suffixes, labels, splits] =
        COLUMNS.map(|name| read_column(group, name, rows));
    let (mut bytes, mut paths) = (bytes?.into_iter(), paths?.into_iter());
    let (mut tasks, mut prompts) = (tasks?.into_iter(), prompts?.into_iter());
    let (mut suffixes, mut labels) = (suffixes?.into_iter(), labels?.into_iter());
    let mut splits = splits?.into_iter();
    let mut samples = Vec::with_capacity(rows);
    for _ in 0..rows {
        let path = paths.next().flatten_first().map(|path| text(&path)).transpose()?;
        let image = bytes.next().flatten_first();
        let image = image.map(|bytes| Picture { bytes: bytes.data().to_vec(), path });
        samples.push(Sample {
            image,
            task: required(tasks.next(), "task")?.parse()?,
            prompt: required(prompts.next(), "prompt")?,
            suffix: required(suffixes.next(), "suffix")?,
            labels: labels.next().unwrap_or_default().iter().map(text).collect::<Result<_>>()?,
            split: required(splits.next(), "split")?.parse()?,
        });
    }
    Ok(samples)
}

/// Of every row the values it has in a column: none where it is null, several in a list.
fn read_column(group: &dyn RowGroupReader, name: &str, rows: usize) -> Result<Vec<Vec<ByteArray>>> {
    let columns = group.metadata().columns();
    let index = columns.iter().position(|c| is_column(&c.column_path().string(), name));
    let index = index.expect("the file's columns were looked at when it was opened");
    let ColumnReader::ByteArrayColumnReader(mut reader) = group.get_column_reader(index)? else {
        return Err(Failure::new(format!("column {name} is neither text nor bytes")));
    };
    let most = columns[index].column_descr().max_def_level();
    let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
    reader.read_records(rows, Some(&mut definition), Some(&mut repetition), &mut values)?;
    let mut table: Vec<Vec<ByteArray>> = Vec::with_capacity(rows);
    let levels = values.len().max(definition.len());
    let mut values = values.into_iter();
    for at in 0..levels {
        if repetition.get(at).is_none_or(|&level| level == 0) {
            table.push(Vec::new());
        }
        if definition.get(at).is_none_or(|&level| level == most) {
            let row = table.last_mut().ok_or_else(|| Failure::new("a list without beginning"))?;
            row.extend(values.next());
        }
    }
    if table.len() == rows {
        Ok(table)
    } else {
        Err(Failure::new(format!("column {name} has {} of {rows} rows", table.len())))
    }
}

/// The value of a row that has at most one.
trait FlattenFirst {
    fn flatten_first(self) -> Option<ByteArray>;
}

impl FlattenFirst for Option<Vec<ByteArray>> {
    fn flatten_first(self) -> Option<ByteArray> {
        self.and_then(|values| values.into_iter().next())
    }
}

fn required(row: Option<Vec<ByteArray>>, column: &str) -> Result<String> {
    let missing = || Failure::new(format!("column {column} is null in a row"));
    text(&row.flatten_first().ok_or_else(missing)?)
}

fn text(value: &ByteArray) -> Result<String> {
    Ok(value.as_utf8()?.to_owned())
}
