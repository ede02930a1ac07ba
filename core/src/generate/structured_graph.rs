//! The shape of a structured answer, compiled to a graph its grammar walks through.
//!
//! The nodes are words (a tag, or the values of an enum), the choice between another item of a
//! list and its end, and free text. Neighbouring tags are one word, so `</s_item><s_state>` is
//! tokenised as a whole.

use super::lexicon::{Lexicon, LexiconError};
use super::schema::{Schema, SchemaError};
use crate::language::tokenizer::Tokenizer;
use crate::structured;

/// Why a shape has no grammar.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The shape contradicts itself.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// An enum's values or a tag cannot be written or chosen.
    #[error(transparent)]
    Words(#[from] LexiconError),
}

pub(super) type NodeId = usize;

/// The node after `<eos>`.
pub(super) const FINISHED: NodeId = 0;

/// All a grammar needs to know of a shape.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    /// For each node the place in `places` of the field it belongs to.
    pub fields: Vec<usize>,
    /// JSON pointers of all fields; the first is the answer itself.
    pub places: Vec<String>,
    /// Where an answer begins.
    pub first: NodeId,
    /// How many lists lie inside each other.
    pub lists: usize,
    /// Most characters of any free text, `None` without any.
    pub longest_text: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    /// One of these words; each leads to its own node.
    Words { words: Lexicon, next: Vec<NodeId> },
    /// A list's first item begins. `list` counts the lists around it.
    Open { list: usize, item: NodeId },
    /// Another item or the list's end.
    More { joints: Lexicon, list: usize, min: usize, max: usize, item: NodeId, next: NodeId },
    /// Free text.
    Text { max_chars: usize, next: NodeId },
    /// After `<eos>`.
    Finished,
}

/// Indices in `joints`.
pub(super) const SEPARATOR: usize = 0;
pub(super) const LIST_END: usize = 1;

impl Node {
    /// The words to choose among in this node.
    pub fn lexicon(&self) -> Option<&Lexicon> {
        match self {
            Self::Words { words: lexicon, .. } | Self::More { joints: lexicon, .. } => {
                Some(lexicon)
            }
            _ => None,
        }
    }
}

impl Graph {
    pub fn compile(tokenizer: &Tokenizer, schema: &Schema) -> Result<Self, CompileError> {
        schema.check()?;
        let mut compiler = Compiler {
            tokenizer,
            nodes: vec![Node::Finished],
            fields: vec![0],
            places: vec![String::new()],
            field: 0,
            lists: 0,
            longest_text: None,
        };
        let end = compiler.end()?;
        let first = compiler.value(schema, 0, end)?;
        let Compiler { nodes, fields, places, lists, longest_text, .. } = compiler;
        Ok(Self { nodes, fields, places, first, lists, longest_text })
    }
}

/// Builds the graph from its end: each part is told the node that follows it.
struct Compiler<'a> {
    tokenizer: &'a Tokenizer,
    nodes: Vec<Node>,
    fields: Vec<usize>,
    places: Vec<String>,
    /// The place of the field whose value is being built.
    field: usize,
    lists: usize,
    longest_text: Option<usize>,
}

impl Compiler<'_> {
    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.fields.push(self.field);
        self.nodes.len() - 1
    }

    fn end(&mut self) -> Result<NodeId, LexiconError> {
        let words = Lexicon::from_words(vec![(vec![self.tokenizer.eos()], String::new())])?;
        let next = vec![FINISHED];
        Ok(self.push(Node::Words { words, next }))
    }

    /// `lists` is the number of lists around the value.
    fn value(
        &mut self,
        schema: &Schema,
        lists: usize,
        next: NodeId,
    ) -> Result<NodeId, LexiconError> {
        match schema {
            Schema::Object(fields) => self.object(fields, lists, next),
            Schema::List { items, min, max } => self.list(items, *min, *max, lists, next),
            Schema::Enum(values) => {
                let texts: Vec<String> = values.iter().map(|v| structured::escaped(v)).collect();
                self.words(&texts, vec![next; texts.len()])
            }
            Schema::Boolean => self.words(&[structured::TRUE, structured::FALSE], vec![next, next]),
            Schema::Text { max_chars } => {
                self.longest_text = self.longest_text.max(Some(*max_chars));
                Ok(self.push(Node::Text { max_chars: *max_chars, next }))
            }
        }
    }

    fn object(
        &mut self,
        fields: &[(String, Schema)],
        lists: usize,
        next: NodeId,
    ) -> Result<NodeId, LexiconError> {
        if fields.is_empty() {
            return self.tag(structured::EMPTY_OBJECT, next);
        }
        let mut node = next;
        for (key, value) in fields.iter().rev() {
            node = self.tag(&structured::field_end(key), node)?;
            let around = self.enter_field(key);
            node = self.value(value, lists, node)?;
            self.field = around;
            node = self.tag(&structured::field_start(key), node)?;
        }
        Ok(node)
    }

    /// Begins the value of a field; returns the field around it.
    fn enter_field(&mut self, key: &str) -> usize {
        // RFC 6901 escapes what separates the steps of a pointer.
        let step = key.replace('~', "~0").replace('/', "~1");
        self.places.push(format!("{}/{step}", self.places[self.field]));
        std::mem::replace(&mut self.field, self.places.len() - 1)
    }

    fn list(
        &mut self,
        items: &Schema,
        min: usize,
        max: usize,
        lists: usize,
        next: NodeId,
    ) -> Result<NodeId, LexiconError> {
        if max == 0 {
            return self.tag(structured::EMPTY_LIST, next);
        }
        self.lists = self.lists.max(lists + 1);
        let texts = [structured::SEPARATOR, structured::LIST_END];
        let joints = Lexicon::new(self.tokenizer, &texts)?;
        // The items lead to this node and this node to the items, which do not exist yet.
        let more = self.push(Node::More { joints, list: lists, min, max, item: FINISHED, next });
        let first = self.value(items, lists + 1, more)?;
        if let Node::More { item, .. } = &mut self.nodes[more] {
            *item = first;
        }
        let open = self.push(Node::Open { list: lists, item: first });
        if min == 0 {
            let texts = [structured::LIST, structured::EMPTY_LIST];
            self.words(&texts, vec![open, next])
        } else {
            self.tag(structured::LIST, open)
        }
    }

    fn words(
        &mut self,
        texts: &[impl AsRef<str>],
        next: Vec<NodeId>,
    ) -> Result<NodeId, LexiconError> {
        let words = Lexicon::new(self.tokenizer, texts)?;
        Ok(self.push(Node::Words { words, next }))
    }

    /// A tag, together with the tag that follows it if there is one.
    fn tag(&mut self, text: &str, next: NodeId) -> Result<NodeId, LexiconError> {
        if let Some((following, after)) = self.single_word(next) {
            return self.words(&[format!("{text}{following}")], vec![after]);
        }
        self.words(&[text], vec![next])
    }

    fn single_word(&self, node: NodeId) -> Option<(&str, NodeId)> {
        match &self.nodes[node] {
            Node::Words { words, next } if next.len() == 1 && next[0] != FINISHED => {
                Some((&words.word(0)?.text, next[0]))
            }
            _ => None,
        }
    }
}
