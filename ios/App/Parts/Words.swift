import SorterKit

/// The app's words in the person's language.
let words = Words.preferred
let wording = Wording(words)
