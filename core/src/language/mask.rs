//! Who sees whom: the prefix-LM mask, as one contiguous range of positions per query.

use std::ops::Range;

use crate::pack::manifest::PrefixMode;

/// The prefix of one sequence: `[image × image][bos][prompt]["\n"]`, then the suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefixMask {
    /// Image tokens, at positions `0..image`.
    pub image: usize,
    /// Image and prompt tokens, at positions `0..prefix`.
    pub prefix: usize,
    /// Whether image tokens see the prompt.
    pub mode: PrefixMode,
}

impl PrefixMask {
    /// The positions that the token at `position` sees.
    ///
    /// Inside the prefix attention goes both ways and ignores a sliding layer's window, as it does
    /// in transformers; the suffix is causal and reaches back `window` positions, itself included.
    pub fn visible(&self, position: usize, window: Option<usize>) -> Range<usize> {
        if position < self.image && self.mode == PrefixMode::Isolated {
            0..self.image
        } else if position < self.prefix {
            0..self.prefix
        } else {
            let end = position + 1;
            end.saturating_sub(window.unwrap_or(end))..end
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_tokens_see_the_prefix_and_suffix_tokens_the_past() {
        let joint = PrefixMask { image: 4, prefix: 7, mode: PrefixMode::Joint };
        assert_eq!(joint.visible(0, None), 0..7);
        assert_eq!(joint.visible(6, Some(2)), 0..7);
        assert_eq!(joint.visible(9, None), 0..10);
        assert_eq!(joint.visible(9, Some(3)), 7..10);
    }

    #[test]
    fn isolated_image_tokens_see_the_image_alone() {
        let isolated = PrefixMask { image: 4, prefix: 7, mode: PrefixMode::Isolated };
        assert_eq!(isolated.visible(3, None), 0..4);
        assert_eq!(isolated.visible(4, None), 0..7);
        assert_eq!(isolated.visible(7, None), 0..8);
    }
}
