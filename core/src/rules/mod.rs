//! Rule packs: what a community wants done with an item.
