//! How many typing errors lie between two words: insertions, deletions, substitutions and swaps of
//! neighbours (optimal string alignment distance).

/// The longest word that is compared letter by letter; typing errors in longer ones are too many.
const LONGEST: usize = 40;

/// Least number of errors that turn `wanted` into `word`, if it is at most `most`.
pub(crate) fn distance(wanted: &[char], word: &[char], most: usize) -> Option<usize> {
    let errors = to_prefixes(wanted, word, most)?[word.len()];
    (errors <= most).then_some(errors)
}

/// Least number of errors that turn `wanted` into a beginning of `word`, if it is at most `most`.
pub(super) fn prefix_distance(wanted: &[char], word: &[char], most: usize) -> Option<usize> {
    let errors = to_prefixes(wanted, word, most)?;
    errors[..=word.len()].iter().copied().min().filter(|errors| *errors <= most)
}

/// How many errors lie between `wanted` and each beginning of `word`, by its length; `None` if
/// there are more than `most` to all of them.
fn to_prefixes(wanted: &[char], word: &[char], most: usize) -> Option<[usize; LONGEST + 1]> {
    if word.len() > LONGEST {
        return None;
    }
    let columns = word.len() + 1;
    let mut before = [0usize; LONGEST + 1];
    let mut above: [usize; LONGEST + 1] = std::array::from_fn(|column| column);
    let mut current = [0usize; LONGEST + 1];
    for (row, letter) in wanted.iter().enumerate() {
        current[0] = row + 1;
        for (column, other) in word.iter().enumerate() {
            let substituted = above[column] + usize::from(letter != other);
            let mut least = substituted.min(above[column + 1] + 1).min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && *letter == word[column - 1] && wanted[row - 1] == *other;
            if swapped {
                least = least.min(before[column - 1] + 1);
            }
            current[column + 1] = least;
        }
        // Distances never fall from one row to the next but one.
        let least = |row: &[usize; LONGEST + 1]| row[..columns].iter().copied().min().unwrap_or(0);
        if least(&current) > most && least(&above) > most {
            return None;
        }
        (before, above, current) = (above, current, before);
    }
    Some(above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_may_itself_be_mistyped() {
        assert_eq!(prefix_distance(&['k', 'a', 't'], &['k', 'a', 'r', 't', 'o', 'n'], 2), Some(1));
        assert_eq!(prefix_distance(&['a', 'b'], &['b', 'a'], 2), Some(1));
        assert_eq!(prefix_distance(&['a'], &[], 2), Some(1));
        assert_eq!(prefix_distance(&['a', 'b', 'c'], &['x', 'y', 'z'], 2), None);
        assert_eq!(prefix_distance(&['a'], &['b'; LONGEST + 1], 2), None);
    }

    #[test]
    fn whole_words_are_compared_to_their_end() {
        let errors = |one: &str, other: &str| {
            let letters = |word: &str| word.chars().collect::<Vec<_>>();
            distance(&letters(one), &letters(other), 2)
        };
        assert_eq!(errors("bottle", "bottle"), Some(0));
        assert_eq!(errors("botlte", "bottle"), Some(1), "a swap is one error");
        assert_eq!(errors("clean", "cleaner"), Some(2));
        assert_eq!(errors("clean", "cleaning"), None);
        assert_eq!(errors("", "ab"), Some(2));
    }
}
