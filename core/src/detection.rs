//! Boxes, labels and codes, read from and written to `<loc>`/`<seg>` text.
