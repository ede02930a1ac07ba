//! Model packs on disk: the only module that touches files.
