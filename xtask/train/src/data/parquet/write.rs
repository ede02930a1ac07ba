//! Samples → Parquet, one row group after the other.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use serde_json::json;
use xtask::failure::{Failure, Result};

use super::super::card::{Card, Counts};
use super::super::folder::NewFolder;
use super::super::sample::{Sample, Split};
use super::{features, schema};

/// A row group is written once its samples take this many bytes: what a reader holds at a time.
const GROUP_BYTES: usize = 8 << 20;
/// … or once there are this many of them, so that text-only samples can be shuffled by groups too.
const GROUP_ROWS: usize = 1024;
/// A file is closed once it has this many bytes.
const FILE_BYTES: usize = 256 << 20;

/// Writes a folder of samples. A run that is interrupted leaves nothing that could be taken for data.
pub struct SampleWriter {
    folder: NewFolder,
    parts: [Part; 2],
}

impl SampleWriter {
    /// Starts the folder `out`, which must not exist or be empty.
    ///
    /// # Errors
    /// If it holds something, or cannot be made.
    pub fn create(out: &Path) -> Result<Self> {
        let folder = NewFolder::create(out)?;
        let parts = Split::ALL.map(|split| Part::new(split, folder.path()));
        Ok(Self { folder, parts })
    }

    /// Adds a sample to its split.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn push(&mut self, sample: Sample) -> Result<()> {
        let part = self.parts.iter_mut().find(|part| part.split == sample.split);
        part.expect("there is a part for each split").push(sample)
    }

    /// Closes the files, writes what `card` says about them, and moves the folder to its place.
    /// Returns how many samples there are.
    ///
    /// # Errors
    /// If a file cannot be written or the folder not be moved.
    pub fn finish(mut self, card: &Card) -> Result<Counts> {
        for part in &mut self.parts {
            part.finish()?;
        }
        let [train, held_out] = self.parts.each_ref().map(|part| part.samples);
        let counts = Counts { train, held_out };
        card.write(&self.folder, counts)?;
        self.folder.finish()?;
        Ok(counts)
    }
}

/// The files of one split.
struct Part {
    split: Split,
    folder: PathBuf,
    open: Option<SerializedFileWriter<File>>,
    /// Closed ones, under names that do not tell yet how many there will be.
    files: Vec<PathBuf>,
    group: Vec<Sample>,
    group_bytes: usize,
    samples: usize,
}

impl Part {
    fn new(split: Split, folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self { split, folder, open: None, files: vec![], group: vec![], group_bytes: 0, samples: 0 }
    }

    fn push(&mut self, sample: Sample) -> Result<()> {
        self.group_bytes += size(&sample);
        self.group.push(sample);
        self.samples += 1;
        if self.group_bytes >= GROUP_BYTES || self.group.len() >= GROUP_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes the row group that has gathered.
    fn flush(&mut self) -> Result<()> {
        if self.group.is_empty() {
            return Ok(());
        }
        if self.open.is_none() {
            let path = self.folder.join(format!("{}-{:05}", self.split, self.files.len()));
            let file = File::create(&path).map_err(|e| Failure::io(&path, &e))?;
            self.open = Some(SerializedFileWriter::new(file, schema(), properties())?);
            self.files.push(path);
        }
        let file = self.open.as_mut().expect("opened above");
        write_group(file, &self.group)?;
        self.group.clear();
        self.group_bytes = 0;
        if file.bytes_written() >= FILE_BYTES {
            self.close()?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        if let Some(file) = self.open.take() {
            let path = self.files.last().expect("an open file has a path");
            // Writes the footer, too.
            file.into_inner()?.sync_all().map_err(|e| Failure::io(path, &e))?;
        }
        Ok(())
    }

    /// Closes the last file; all take their final names. A split without samples has no file.
    fn finish(&mut self) -> Result<()> {
        self.flush()?;
        self.close()?;
        for path in &self.files {
            let name = path.file_name().and_then(|name| name.to_str()).expect("named by us");
            let to = self.folder.join(format!("{name}-of-{:05}.parquet", self.files.len()));
            fs::rename(path, &to).map_err(|e| Failure::io(&to, &e))?;
        }
        Ok(())
    }
}

fn size(sample: &Sample) -> usize {
    let picture = sample.image.as_ref().map_or(0, |picture| picture.bytes.len());
    picture + sample.prompt.len() + sample.suffix.len()
}

fn properties() -> WriterPropertiesPtr {
    let info = json!({"info": {"features": features()}}).to_string();
    let picture = ColumnPath::from(vec!["image".to_owned(), "bytes".to_owned()]);
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(vec![KeyValue::new("huggingface".to_owned(), info)]))
        .set_compression(Compression::SNAPPY)
        // Pictures are compressed already, and no two are equal.
        .set_column_compression(picture.clone(), Compression::UNCOMPRESSED)
        .set_column_dictionary_enabled(picture.clone(), false)
        .set_column_statistics_enabled(picture, EnabledStatistics::None);
    Arc::new(properties.build())
}

/// A column of a row group: values, and the levels that say which are missing and where lists
/// begin.
struct Leaf {
    values: Vec<ByteArray>,
    definition: Option<Vec<i16>>,
    repetition: Option<Vec<i16>>,
}

impl Leaf {
    fn text(values: impl Iterator<Item = impl AsRef<str>>) -> Self {
        let values = values.map(|text| ByteArray::from(text.as_ref())).collect();
        Self { values, definition: None, repetition: None }
    }

    /// A field of the picture: level 0 without picture, 1 without the field, 2 with it.
    fn of_picture(
        samples: &[Sample],
        field: impl Fn(&super::super::sample::Picture) -> Option<ByteArray>,
    ) -> Self {
        let (mut values, mut definition) = (Vec::new(), Vec::new());
        for sample in samples {
            let value = sample.image.as_ref().map(&field);
            definition.push(match value {
                None => 0,
                Some(None) => 1,
                Some(Some(_)) => 2,
            });
            values.extend(value.flatten());
        }
        Self { values, definition: Some(definition), repetition: None }
    }

    /// Lists: an empty one is one entry of level 0; all but a list's first entry repeat.
    fn lists(samples: &[Sample]) -> Self {
        let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
        for sample in samples {
            values.extend(sample.labels.iter().map(|label| ByteArray::from(label.as_str())));
            for entry in 0..sample.labels.len().max(1) {
                definition.push(i16::from(!sample.labels.is_empty()));
                repetition.push(i16::from(entry > 0));
            }
        }
        Self { values, definition: Some(definition), repetition: Some(repetition) }
    }
}

/// In the order of the schema.
fn leaves(samples: &[Sample]) -> [Leaf; 7] {
    [
        Leaf::of_picture(samples, |picture| Some(ByteArray::from(picture.bytes.clone()))),
        Leaf::of_picture(samples, |picture| picture.path.as_deref().map(ByteArray::from)),
        Leaf::text(samples.iter().map(|sample| sample.task.as_str())),
        Leaf::text(samples.iter().map(|sample| &sample.prompt)),
        Leaf::text(samples.iter().map(|sample| &sample.suffix)),
        Leaf::lists(samples),
        Leaf::text(samples.iter().map(|sample| sample.split.as_str())),
    ]
}

fn write_group(file: &mut SerializedFileWriter<File>, samples: &[Sample]) -> Result<()> {
    let mut group = file.next_row_group()?;
    for leaf in leaves(samples) {
        let mut column = group.next_column()?.expect("as many leaves as the schema has columns");
        column.typed::<ByteArrayType>().write_batch(
            &leaf.values,
            leaf.definition.as_deref(),
            leaf.repetition.as_deref(),
        )?;
        column.close()?;
    }
    group.close()?;
    Ok(())
}
