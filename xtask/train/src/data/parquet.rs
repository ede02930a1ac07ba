//! Samples as Parquet files in the layout of Hugging Face `datasets`.
//!
//! ```text
//! image   struct{bytes, path}   null where the task is about text alone
//! task    segment | detect | dispose | highlight
//! prompt  text, without image tokens and the final newline
//! suffix  text, what should be answered
//! label   list of text, the class words in the suffix's order
//! split   train | held-out
//! ```
//!
//! Files are named `<split>-00000-of-00002.parquet`. The key `huggingface` of their metadata tells
//! `datasets` that `image` is a picture.

mod read;
mod write;

pub use read::Samples;
pub use write::SampleWriter;

use parquet::schema::parser::parse_message_type;
use parquet::schema::types::TypePtr;
use serde_json::{Value, json};

/// Pictures are nullable, all else is there in every row.
const SCHEMA: &str = "
message samples {
  OPTIONAL group image {
    OPTIONAL BYTE_ARRAY bytes;
    OPTIONAL BYTE_ARRAY path (STRING);
  }
  REQUIRED BYTE_ARRAY task (STRING);
  REQUIRED BYTE_ARRAY prompt (STRING);
  REQUIRED BYTE_ARRAY suffix (STRING);
  REQUIRED group label (LIST) {
    REPEATED group list {
      REQUIRED BYTE_ARRAY element (STRING);
    }
  }
  REQUIRED BYTE_ARRAY split (STRING);
}";

fn schema() -> TypePtr {
    parse_message_type(SCHEMA).expect("the schema above is well formed").into()
}

/// The columns as `datasets` describes them.
pub(super) fn features() -> Value {
    let text = json!({"dtype": "string", "_type": "Value"});
    json!({
        "image": {"_type": "Image"},
        "task": text,
        "prompt": text,
        "suffix": text,
        "label": {"feature": text, "_type": "Sequence"},
        "split": text,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::card::Card;
    use super::super::sample::{Picture, Sample, Split, Task};
    use super::*;

    fn sample(number: usize, split: Split) -> Sample {
        let words = ["plastic", "glass", "food"];
        Sample {
            image: (number % 3 != 2).then(|| Picture {
                bytes: vec![number as u8; 40_000 + number],
                path: number.is_multiple_of(3).then(|| format!("batch_1/{number:06}.jpg")),
            }),
            task: Task::ALL[number % 4],
            prompt: format!("segment {number} ; Öl"),
            suffix: "<loc0001>".repeat(number % 7),
            labels: words[..number % 4].iter().map(|&word| word.to_owned()).collect(),
            split,
        }
    }

    fn samples(count: usize) -> Vec<Sample> {
        let split = |number| if number % 5 == 4 { Split::HeldOut } else { Split::Train };
        (0..count).map(|number| sample(number, split(number))).collect()
    }

    fn write(out: &Path, samples: &[Sample]) {
        let mut writer = SampleWriter::create(out).unwrap();
        samples.iter().for_each(|sample| writer.push(sample.clone()).unwrap());
        writer.finish(&Card::default()).unwrap();
    }

    #[test]
    fn what_is_read_back_is_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("deep/samples");
        let written = samples(1000);
        write(&out, &written);
        for split in Split::ALL {
            let expected: Vec<&Sample> = written.iter().filter(|s| s.split == split).collect();
            let read = Samples::open(&out, Some(split)).unwrap();
            assert_eq!(read.len(), expected.len());
            assert!(split == Split::HeldOut || read.groups() > 1, "memory is bounded by groups");
            let read: Vec<Sample> = read.iter().map(Result::unwrap).collect();
            assert_eq!(read.iter().collect::<Vec<_>>(), expected);
        }
        assert_eq!(Samples::open(&out, None).unwrap().len(), 1000);
        let one = Samples::open(&out.join("train-00000-of-00001.parquet"), None).unwrap();
        assert_eq!(one.len(), 800);
        assert_eq!(one.group(0).unwrap()[0], written[0]);
    }

    #[test]
    fn the_same_samples_are_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        write(&a, &samples(50));
        write(&b, &samples(50));
        for name in ["train-00000-of-00001.parquet", "held-out-00000-of-00001.parquet"] {
            let [a, b] = [&a, &b].map(|out| std::fs::read(out.join(name)).unwrap());
            assert!(a == b, "{name}");
        }
    }

    #[test]
    fn a_folder_that_holds_something_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
        let failure = SampleWriter::create(folder.path()).err().unwrap().to_string();
        assert!(failure.contains("is not empty"), "{failure}");
    }

    #[test]
    fn an_interrupted_run_leaves_no_samples_and_does_not_block_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("samples");
        let mut writer = SampleWriter::create(&out).unwrap();
        samples(300).into_iter().for_each(|sample| writer.push(sample).unwrap());
        // As a killed process leaves it: nothing is tidied up.
        std::mem::forget(writer);
        assert!(!out.exists());
        write(&out, &samples(3));
        assert_eq!(Samples::open(&out, None).unwrap().len(), 3);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no partial folder");
    }

    #[test]
    fn what_holds_no_samples_is_refused_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |path: &Path| Samples::open(path, None).err().unwrap().to_string();
        assert!(refused(folder.path()).contains("no samples"));
        let path = folder.path().join("train-00000-of-00001.parquet");
        std::fs::write(&path, "PAR1 but nothing else").unwrap();
        let message = refused(&path);
        assert!(message.contains("train-00000-of-00001.parquet"), "{message}");
        assert!(!message.contains('\n'));
    }
}
