//! The answers of `dispose` and `highlight`: JSON of a given shape, in the form of
//! [`crate::structured`].
//!
//! The shape is compiled to a graph of nodes: words (a tag, or the values of an enum), the choice
//! between another item of a list and its end, and free text. Neighbouring tags are one word, so
//! `</s_item><s_state>` is tokenised as a whole. A tag that is the only possibility is determined
//! token by token; the model is asked only where values differ.
//!
//! The text of every finished answer is read by [`crate::structured::read`] and has the shape.

use std::convert::Infallible;
use std::ops::Range;

use serde_json::Value;

use super::grammar::{Grammar, GrammarError};
use super::lexicon::{Cursor, Lexicon, LexiconError};
use super::rows::RowSet;
use super::schema::Schema;
use super::text_tokens::TextTokens;
use crate::language::tokenizer::Tokenizer;
use crate::structured;

/// The grammar of one answer.
#[derive(Debug, Clone)]
pub struct StructuredGrammar {
    nodes: Vec<Node>,
    first: NodeId,
    text_tokens: TextTokens,
    /// Items begun in each list the current node lies in, outermost first.
    items: Vec<usize>,
    state: State,
    rows: RowSet,
}

type NodeId = usize;

#[derive(Debug, Clone)]
enum Node {
    /// One of these words; each leads to its own node.
    Words { words: Lexicon, next: Vec<NodeId> },
    /// A list's first item begins.
    Open { list: usize, item: NodeId },
    /// Another item or the list's end.
    More { joints: Lexicon, list: usize, min: usize, max: usize, item: NodeId, next: NodeId },
    /// Free text.
    Text { max_chars: usize, next: NodeId },
    /// After `<eos>`.
    Finished,
}

/// Indices in `joints`.
const SEPARATOR: usize = 0;
const LIST_END: usize = 1;

#[derive(Debug, Clone, Copy)]
struct State {
    node: NodeId,
    place: Place,
}

/// Where in a node.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Within the words of `Words` or `More`.
    Word(Cursor),
    /// In a text with room for so many characters.
    Text { left: usize },
    /// In a node that needs no token.
    Empty,
}

impl StructuredGrammar {
    /// Answers of this shape.
    ///
    /// # Errors
    /// When an enum is empty, has a value twice, or one the tokenizer cannot write.
    pub fn new(tokenizer: &Tokenizer, schema: &Schema) -> Result<Self, LexiconError> {
        let mut compiler = Compiler { tokenizer, nodes: vec![Node::Finished], longest_text: None };
        let end = compiler.end()?;
        let first = compiler.value(schema, 0, end)?;
        let text_tokens = compiler.longest_text.map(|longest| TextTokens::new(tokenizer, longest));
        let mut grammar = Self {
            nodes: compiler.nodes,
            first,
            text_tokens: text_tokens.unwrap_or_default(),
            items: vec![0; depth(schema)],
            state: State { node: first, place: Place::Empty },
            rows: RowSet::default(),
        };
        grammar.enter(first);
        Ok(grammar)
    }

    /// The tokens of an answer, as training must show it to the model.
    ///
    /// # Errors
    /// When the value has not the shape.
    pub fn encode(&self, tokenizer: &Tokenizer, value: &Value) -> Result<Vec<u32>, GrammarError> {
        let text = structured::write(value).map_err(|_| GrammarError::NotAnAnswer)?;
        let tokens = self.encode_text(tokenizer, &text)?;
        let mut reader = self.clone();
        reader.enter(self.first);
        for token in &tokens {
            reader.advance(*token).map_err(|_| GrammarError::NotAnAnswer)?;
        }
        Ok(tokens)
    }

    /// Follows `text` through the nodes. A word is never followed by what would make it another
    /// word (a tag follows, and no value has a `<`), so the longest is the right one.
    fn encode_text(&self, tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>, GrammarError> {
        let (mut node, mut rest, mut tokens) = (self.first, text, Vec::new());
        loop {
            let (lexicon, targets) = match &self.nodes[node] {
                Node::Words { words, next } => (words, next.clone()),
                Node::More { joints, item, next, .. } => (joints, vec![*item, *next]),
                Node::Open { item, .. } => {
                    node = *item;
                    continue;
                }
                Node::Text { next, .. } => {
                    let (plain, tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
                    tokens.extend(tokenizer.encode_text(plain)?);
                    (node, rest) = (*next, tag);
                    continue;
                }
                Node::Finished => return Ok(tokens),
            };
            let word = lexicon.longest_in(rest).ok_or(GrammarError::NotAnAnswer)?;
            tokens.extend(&word.tokens);
            (node, rest) = (targets[word.index], &rest[word.text.len()..]);
        }
    }

    /// Goes to a node, and on to the first one that needs a token.
    fn enter(&mut self, mut node: NodeId) {
        loop {
            if let Node::Open { list, .. } = self.nodes[node] {
                self.items[list] = 1;
            }
            self.state = State { node, place: self.entrance(node) };
            match self.exit() {
                Some(next) => node = next,
                None => break,
            }
        }
        self.refresh();
    }

    /// The place at which a node begins.
    fn entrance(&self, node: NodeId) -> Place {
        match &self.nodes[node] {
            Node::Words { words, .. } => Place::Word(words.start()),
            Node::More { joints, list, min, max, .. } => Place::Word(match self.items[*list] {
                items if items < *min => joints.only(SEPARATOR),
                items if items < *max => joints.start(),
                _ => joints.only(LIST_END),
            }),
            Node::Text { max_chars, .. } => Place::Text { left: *max_chars },
            Node::Open { .. } | Node::Finished => Place::Empty,
        }
    }

    /// The next node, once nothing more can be said in this one.
    fn exit(&mut self) -> Option<NodeId> {
        match (&self.nodes[self.state.node], self.state.place) {
            (Node::Words { words, next }, Place::Word(cursor)) => {
                words.settled(cursor).map(|word| next[word])
            }
            (Node::More { joints, list, item, next, .. }, Place::Word(cursor)) => {
                let word = joints.settled(cursor)?;
                if word == LIST_END {
                    return Some(*next);
                }
                self.items[*list] += 1;
                Some(*item)
            }
            (Node::Text { next, .. }, Place::Text { left: 0 }) => Some(*next),
            (Node::Open { item, .. }, _) => Some(*item),
            _ => None,
        }
    }

    /// The next node, where this one may end though more could be said in it.
    fn way_out(&self) -> Option<NodeId> {
        match (&self.nodes[self.state.node], self.state.place) {
            (Node::Words { words, next }, Place::Word(cursor)) => {
                words.complete(cursor).map(|word| next[word])
            }
            (Node::Text { next, .. }, _) => Some(*next),
            _ => None,
        }
    }

    fn refresh(&mut self) {
        self.rows.clear();
        if let Place::Text { left } = self.state.place
            && let Some(tokens) = self.text_tokens.up_to(left)
        {
            self.rows.copy_from(tokens);
        }
        if let (Some(lexicon), Place::Word(cursor)) =
            (lexicon(&self.nodes[self.state.node]), self.state.place)
        {
            lexicon.insert_next(cursor, &mut self.rows);
        }
        // A value is followed by a tag or <eos>, whose tokens cannot go on with the value.
        if let Some(next) = self.way_out()
            && let (Some(lexicon), Place::Word(cursor)) =
                (lexicon(&self.nodes[next]), self.entrance(next))
        {
            lexicon.insert_next(cursor, &mut self.rows);
        }
    }

    /// Takes a token within the current node, if it goes on with it.
    fn step(&mut self, token: u32) -> bool {
        let node = &self.nodes[self.state.node];
        let place = match self.state.place {
            Place::Word(cursor) => {
                lexicon(node).and_then(|lexicon| lexicon.advance(cursor, token)).map(Place::Word)
            }
            Place::Text { left } => self
                .text_tokens
                .length(token)
                .and_then(|length| left.checked_sub(length))
                .map(|left| Place::Text { left }),
            Place::Empty => None,
        };
        if let Some(place) = place {
            self.state.place = place;
        }
        place.is_some()
    }
}

fn lexicon(node: &Node) -> Option<&Lexicon> {
    match node {
        Node::Words { words: lexicon, .. } | Node::More { joints: lexicon, .. } => Some(lexicon),
        _ => None,
    }
}

impl Grammar for StructuredGrammar {
    /// An answer is reported as a whole: its tokens, decoded, go to [`structured::read`].
    type Event = Infallible;

    fn rows(&self) -> &[Range<u32>] {
        self.rows.as_slice()
    }

    fn advance(&mut self, token: u32) -> Result<Option<Infallible>, GrammarError> {
        self.check(token)?;
        if !self.step(token)
            && let Some(next) = self.way_out()
        {
            self.enter(next);
            self.step(token);
        }
        match self.exit() {
            Some(next) => self.enter(next),
            None => self.refresh(),
        }
        Ok(None)
    }

    fn cut(&mut self) -> Option<Infallible> {
        self.enter(FINISHED);
        None
    }
}

/// The node after `<eos>`.
const FINISHED: NodeId = 0;

/// Builds the graph from its end: each part is told the node that follows it.
struct Compiler<'a> {
    tokenizer: &'a Tokenizer,
    nodes: Vec<Node>,
    longest_text: Option<usize>,
}

impl Compiler<'_> {
    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
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
            node = self.value(value, lists, node)?;
            node = self.tag(&structured::field_start(key), node)?;
        }
        Ok(node)
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

/// How many lists lie inside each other.
fn depth(schema: &Schema) -> usize {
    match schema {
        Schema::Object(fields) => fields.iter().map(|(_, f)| depth(f)).max().unwrap_or(0),
        Schema::List { items, .. } => 1 + depth(items),
        Schema::Enum(_) | Schema::Boolean | Schema::Text { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokenizer::tests::gemma_like;
    use serde_json::json;

    fn enumeration(values: &[&str]) -> Schema {
        Schema::Enum(values.iter().map(|value| value.to_string()).collect())
    }

    fn list(items: Schema, min: usize, max: usize) -> Schema {
        let items = Box::new(items);
        Schema::List { items, min, max }
    }

    fn item_schema() -> Schema {
        Schema::Object(vec![
            ("item".into(), enumeration(&["can", "can_opener", "jar"])),
            ("battery".into(), Schema::Boolean),
        ])
    }

    fn grammar(schema: &Schema) -> StructuredGrammar {
        StructuredGrammar::new(gemma_like(), schema).unwrap()
    }

    /// Writes what is determined; returns its text.
    fn take_forced(grammar: &mut StructuredGrammar) -> String {
        let mut tokens = Vec::new();
        while let Some(token) = grammar.forced() {
            tokens.push(token);
            grammar.advance(token).unwrap();
        }
        gemma_like().decode(&tokens).unwrap()
    }

    fn write(grammar: &mut StructuredGrammar, text: &str) {
        for token in gemma_like().encode_markup(text).unwrap() {
            grammar.advance(token).unwrap();
        }
    }

    #[test]
    fn tags_are_determined_and_values_are_chosen() {
        let mut grammar = grammar(&item_schema());
        assert_eq!(take_forced(&mut grammar), "<s_item>");
        write(&mut grammar, "jar");
        assert_eq!(take_forced(&mut grammar), "</s_item><s_battery><");
        write(&mut grammar, "t");
        assert_eq!(take_forced(&mut grammar), "rue/></s_battery>");
        assert!(grammar.is_finished());
    }

    #[test]
    fn neighbouring_tags_are_tokenised_as_a_whole() {
        let tokenizer = gemma_like();
        let grammar = grammar(&item_schema());
        let value = json!({"item": "can", "battery": false});
        let tokens = grammar.encode(tokenizer, &value).unwrap();
        let running = tokenizer.encode_markup("</s_item><s_battery>").unwrap();
        assert!(tokens.windows(running.len()).any(|part| part == running));
        assert_eq!(tokens.last(), Some(&tokenizer.eos()));
        let text = tokenizer.decode(&tokens).unwrap();
        assert_eq!(structured::read(&text).unwrap(), value);
    }

    #[test]
    fn a_value_that_begins_another_may_end_or_go_on() {
        let mut grammar = grammar(&item_schema());
        take_forced(&mut grammar);
        write(&mut grammar, "can");
        assert_eq!(grammar.forced(), None);
        let mut longer = grammar.clone();
        write(&mut longer, "_");
        assert_eq!(take_forced(&mut longer), "opener</s_item><s_battery><");
        write(&mut grammar, "<");
        assert_eq!(take_forced(&mut grammar), "/s_item><s_battery><");
    }

    #[test]
    fn lists_keep_their_bounds() {
        let mut grammar = grammar(&list(enumeration(&["a", "b"]), 2, 3));
        assert_eq!(take_forced(&mut grammar), "<list>");
        write(&mut grammar, "a");
        assert_eq!(take_forced(&mut grammar), "<sep/>");
        write(&mut grammar, "b");
        // "<s" and "<" are tokens of their own.
        assert_eq!(grammar.forced(), None);
        write(&mut grammar, "<s");
        assert_eq!(take_forced(&mut grammar), "ep/>");
        write(&mut grammar, "a");
        assert_eq!(take_forced(&mut grammar), "</list>");
        assert!(grammar.is_finished());
    }

    #[test]
    fn an_inner_list_counts_anew_in_every_item() {
        let tokenizer = gemma_like();
        let inner = list(enumeration(&["a"]), 0, 2);
        let grammar = grammar(&list(inner, 1, 3));
        for value in [json!([["a", "a"], [], ["a", "a"]]), json!([[]])] {
            assert!(grammar.encode(tokenizer, &value).is_ok(), "{value}");
        }
        for value in [json!([]), json!([["a", "a", "a"]]), json!([[], [], [], []])] {
            let refused = grammar.encode(tokenizer, &value);
            assert!(matches!(refused, Err(GrammarError::NotAnAnswer)), "{value}");
        }
    }

    #[test]
    fn free_text_stays_short_and_plain() {
        let tokenizer = gemma_like();
        let schema = Schema::Object(vec![("note".into(), Schema::Text { max_chars: 9 })]);
        let mut grammar = grammar(&schema);
        for (note, fits) in [
            ("", true),
            (" plastic1", true),
            (" plastic12", false),
            ("a & b", false),
            ("a\nb", false),
        ] {
            let tokens = grammar.encode(tokenizer, &json!({ "note": note }));
            assert_eq!(tokens.is_ok(), fits, "{note}");
        }
        take_forced(&mut grammar);
        write(&mut grammar, " plastic1");
        assert_eq!(take_forced(&mut grammar), "</s_note>");
    }

    #[test]
    fn odd_keys_and_values_are_written_escaped() {
        let tokenizer = gemma_like();
        let schema = Schema::Object(vec![
            ("<a/>".into(), enumeration(&["", "x < y", "&amp;"])),
            ("".into(), Schema::Object(vec![])),
        ]);
        let grammar = grammar(&schema);
        for word in ["", "x < y", "&amp;"] {
            let value = json!({"<a/>": word, "": {}});
            let tokens = grammar.encode(tokenizer, &value).unwrap();
            let text = tokenizer.decode(&tokens).unwrap();
            assert_eq!(structured::read(&text).unwrap(), value);
        }
    }

    #[test]
    fn a_cut_answer_is_finished() {
        let mut grammar = grammar(&item_schema());
        take_forced(&mut grammar);
        assert!(grammar.cut().is_none());
        assert!(grammar.is_finished());
    }
}
