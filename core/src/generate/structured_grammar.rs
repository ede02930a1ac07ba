//! The answers of `dispose` and `highlight`: JSON of a given shape, in the form of
//! [`crate::structured`].
//!
//! A tag that is the only possibility is determined token by token; the model is asked only where
//! values differ.
//!
//! The text of every finished answer is read by [`crate::structured::read`] and has the shape.

use std::ops::Range;

use serde_json::Value;

use super::grammar::{Grammar, GrammarError};
use super::lexicon::Cursor;
use super::rows::RowSet;
use super::schema::Schema;
use super::structured_graph::{CompileError, FINISHED, Graph, LIST_END, Node, NodeId, SEPARATOR};
use super::text_tokens::TextTokens;
use crate::language::tokenizer::Tokenizer;
use crate::structured;

/// A choice within the value of a field is made: an enum's word, `true` or `false`, or whether a
/// list goes on. A list's items and joints all belong to the list's field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    /// Which field: see [`StructuredGrammar::place`].
    pub field: usize,
}

/// The grammar of one answer.
#[derive(Debug, Clone)]
pub struct StructuredGrammar {
    graph: Graph,
    text_tokens: TextTokens,
    /// Items begun in each list the current node lies in, outermost first.
    items: Vec<usize>,
    state: State,
    rows: RowSet,
}

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
    /// When the shape contradicts itself, or a word of it cannot be written or chosen.
    pub fn new(tokenizer: &Tokenizer, schema: &Schema) -> Result<Self, CompileError> {
        let graph = Graph::compile(tokenizer, schema)?;
        let text_tokens = graph.longest_text.map(|longest| TextTokens::new(tokenizer, longest));
        let mut grammar = Self {
            text_tokens: text_tokens.unwrap_or_default(),
            items: vec![0; graph.lists],
            state: State { node: graph.first, place: Place::Empty },
            rows: RowSet::default(),
            graph,
        };
        grammar.enter(grammar.graph.first);
        Ok(grammar)
    }

    /// Where a field is in the answer, as a JSON pointer (RFC 6901).
    pub fn place(&self, field: usize) -> &str {
        self.graph.places.get(field).map_or("", String::as_str)
    }

    /// The tokens of an answer, as training must show it to the model: those of
    /// [`structured::pieces`], and `<eos>`.
    ///
    /// # Errors
    /// When the value has not the shape.
    pub fn encode(&self, tokenizer: &Tokenizer, value: &Value) -> Result<Vec<u32>, GrammarError> {
        let text = structured::write(value).map_err(|_| GrammarError::NotAnAnswer)?;
        let tokens = self.encode_text(tokenizer, &text)?;
        let mut reader = self.clone();
        reader.enter(self.graph.first);
        for token in &tokens {
            reader.advance(*token).map_err(|_| GrammarError::NotAnAnswer)?;
        }
        Ok(tokens)
    }

    /// Follows `text` through the graph. A word is never followed by what would make it another
    /// word (a tag follows, and no value has a `<`), so the longest is the right one.
    fn encode_text(&self, tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>, GrammarError> {
        let (mut node, mut rest, mut tokens) = (self.graph.first, text, Vec::new());
        loop {
            let (lexicon, targets) = match &self.graph.nodes[node] {
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
            if let Node::Open { list, .. } = self.graph.nodes[node] {
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
        match &self.graph.nodes[node] {
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
        match (&self.graph.nodes[self.state.node], self.state.place) {
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
        match (&self.graph.nodes[self.state.node], self.state.place) {
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
        self.insert_words(self.state.node, self.state.place);
        // A value is followed by a tag or <eos>, whose tokens cannot go on with the value.
        if let Some(next) = self.way_out() {
            self.insert_words(next, self.entrance(next));
        }
    }

    fn insert_words(&mut self, node: NodeId, place: Place) {
        if let (Some(lexicon), Place::Word(cursor)) = (self.graph.nodes[node].lexicon(), place) {
            lexicon.insert_next(cursor, &mut self.rows);
        }
    }

    /// The field of a node that has a choice.
    fn choice(&self, node: NodeId) -> Option<Chosen> {
        let has_choice = match &self.graph.nodes[node] {
            Node::Words { next, .. } => next.len() > 1,
            Node::More { .. } => true,
            _ => false,
        };
        has_choice.then_some(Chosen { field: self.graph.fields[node] })
    }

    /// Takes a token within the current node, if it goes on with it.
    fn step(&mut self, token: u32) -> bool {
        let node = &self.graph.nodes[self.state.node];
        let place = match self.state.place {
            Place::Word(cursor) => {
                node.lexicon().and_then(|words| words.advance(cursor, token)).map(Place::Word)
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

impl Grammar for StructuredGrammar {
    /// An answer is reported choice by choice, for the sake of their likelihood; its tokens,
    /// decoded, go to [`structured::read`].
    type Event = Chosen;

    fn rows(&self) -> &[Range<u32>] {
        self.rows.as_slice()
    }

    fn advance(&mut self, token: u32) -> Result<Option<Chosen>, GrammarError> {
        self.check(token)?;
        let mut chosen = None;
        if !self.step(token)
            && let Some(next) = self.way_out()
        {
            chosen = self.choice(self.state.node);
            self.enter(next);
            self.step(token);
        }
        match self.exit() {
            Some(next) => {
                // Left by its own last token: what was left on the way here has the same field.
                chosen = self.choice(self.state.node).or(chosen);
                self.enter(next);
            }
            None => self.refresh(),
        }
        Ok(chosen)
    }

    fn cut(&mut self) -> Option<Chosen> {
        self.enter(FINISHED);
        None
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
