//! Tokens, one after the other, held to a grammar.
