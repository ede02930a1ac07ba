//! One training sample: the one form that every task writes and the trainer reads.

use std::fmt;
use std::str::FromStr;

use xtask::failure::Failure;

/// What the model is shown and what it should answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The picture; none where the task is about text alone.
    pub image: Option<Picture>,
    /// Whose work it is.
    pub task: Task,
    /// What is asked, as [`kerbside_core::language::prompt`] writes it: without image tokens and
    /// without the newline that ends it.
    pub prompt: String,
    /// What should be answered, without the end-of-sequence token.
    pub suffix: String,
    /// The class words of the suffix, in its order.
    pub labels: Vec<String>,
    /// Whether it may be trained on.
    pub split: Split,
}

impl AsRef<Self> for Sample {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// An encoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// JPEG, PNG or WebP.
    pub bytes: Vec<u8>,
    /// Where it comes from, for people; nothing is read from there.
    pub path: Option<String>,
}

/// The adapter that a sample trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Task {
    /// Boxes, masks and labels.
    Segment,
    /// Boxes and labels.
    Detect,
    /// Which row of the rule pack an item is, and its state.
    Dispose,
    /// Which fact to lead with.
    Highlight,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Segment, Self::Detect, Self::Dispose, Self::Highlight];

    /// As it is written in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Detect => "detect",
            Self::Dispose => "dispose",
            Self::Highlight => "highlight",
        }
    }
}

/// Which part of the data a sample belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Split {
    /// Trained on.
    Train,
    /// Only looked at, to choose settings and to know when to stop.
    HeldOut,
}

impl Split {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Train, Self::HeldOut];

    /// As it is written in files and in their names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::HeldOut => "held-out",
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Task {
    type Err = Failure;

    fn from_str(word: &str) -> Result<Self, Failure> {
        let known = Self::ALL.into_iter().find(|task| task.as_str() == word);
        known.ok_or_else(|| {
            Failure::new(format!("{word:?} is no task: segment, detect, dispose or highlight"))
        })
    }
}

impl FromStr for Split {
    type Err = Failure;

    fn from_str(word: &str) -> Result<Self, Failure> {
        let known = Self::ALL.into_iter().find(|split| split.as_str() == word);
        known.ok_or_else(|| Failure::new(format!("{word:?} is no split: train or held-out")))
    }
}
