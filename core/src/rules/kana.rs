//! Kana compared by sound: ガ, が and "ga" are the same to somebody who types a word.

/// A katakana letter as hiragana: the blocks lie 0x60 apart. Other letters stay.
pub(super) fn to_hiragana(letter: char) -> char {
    match letter {
        'ァ'..='ヶ' => char::from_u32(letter as u32 - 0x60).unwrap_or(letter),
        _ => letter,
    }
}

/// A word of hiragana in Latin letters (Hepburn, without long-vowel marks); `None` for a word
/// with other letters, whose sound cannot be told.
pub(super) fn romaji(word: &str) -> Option<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut latin = String::with_capacity(2 * letters.len());
    let mut at = 0;
    let mut doubled = false;
    while at < letters.len() {
        let letter = letters[at];
        at += 1;
        match letter {
            'っ' => {
                doubled = true;
                continue;
            }
            'ー' | ' ' => continue,
            'ん' => {
                latin.push('n');
                continue;
            }
            _ => {}
        }
        let small = letters.get(at).copied().filter(|next| matches!(next, 'ゃ' | 'ゅ' | 'ょ'));
        let sound = match small {
            Some(small) => {
                at += 1;
                contracted(syllable(letter)?, small)
            }
            None => syllable(letter)?.to_owned(),
        };
        if std::mem::take(&mut doubled) {
            // っち is written "tchi", every other pair with the same letter twice.
            latin.push(if sound.starts_with("ch") { 't' } else { sound.chars().next()? });
        }
        latin.push_str(&sound);
    }
    (!latin.is_empty()).then_some(latin)
}

/// き + ゃ → "kya", し + ゃ → "sha".
fn contracted(first: &str, small: char) -> String {
    let vowel = match small {
        'ゃ' => "a",
        'ゅ' => "u",
        _ => "o",
    };
    let stem = first.strip_suffix('i').unwrap_or(first);
    let glide = if matches!(stem, "sh" | "ch" | "j") { "" } else { "y" };
    format!("{stem}{glide}{vowel}")
}

fn syllable(letter: char) -> Option<&'static str> {
    Some(match letter {
        'あ' | 'ぁ' => "a",
        'い' | 'ぃ' => "i",
        'う' | 'ぅ' => "u",
        'え' | 'ぇ' => "e",
        'お' | 'ぉ' | 'を' => "o",
        'か' => "ka",
        'き' => "ki",
        'く' => "ku",
        'け' => "ke",
        'こ' => "ko",
        'が' => "ga",
        'ぎ' => "gi",
        'ぐ' => "gu",
        'げ' => "ge",
        'ご' => "go",
        'さ' => "sa",
        'し' => "shi",
        'す' => "su",
        'せ' => "se",
        'そ' => "so",
        'ざ' => "za",
        'じ' | 'ぢ' => "ji",
        'ず' | 'づ' => "zu",
        'ぜ' => "ze",
        'ぞ' => "zo",
        'た' => "ta",
        'ち' => "chi",
        'つ' => "tsu",
        'て' => "te",
        'と' => "to",
        'だ' => "da",
        'で' => "de",
        'ど' => "do",
        'な' => "na",
        'に' => "ni",
        'ぬ' => "nu",
        'ね' => "ne",
        'の' => "no",
        'は' => "ha",
        'ひ' => "hi",
        'ふ' => "fu",
        'へ' => "he",
        'ほ' => "ho",
        'ば' => "ba",
        'び' => "bi",
        'ぶ' => "bu",
        'べ' => "be",
        'ぼ' => "bo",
        'ぱ' => "pa",
        'ぴ' => "pi",
        'ぷ' => "pu",
        'ぺ' => "pe",
        'ぽ' => "po",
        'ま' => "ma",
        'み' => "mi",
        'む' => "mu",
        'め' => "me",
        'も' => "mo",
        'や' => "ya",
        'ゆ' => "yu",
        'よ' => "yo",
        'ら' => "ra",
        'り' => "ri",
        'る' => "ru",
        'れ' => "re",
        'ろ' => "ro",
        'わ' => "wa",
        'ゔ' => "vu",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelt_as_they_sound() {
        for (kana, latin) in [
            ("がらすびん", "garasubin"),
            ("かん", "kan"),
            ("でんち", "denchi"),
            ("ぎゅうにゅうぱっく", "gyuunyuupakku"),
            ("しょくひん", "shokuhin"),
            ("まっち", "matchi"),
            ("すぷれー", "supure"),
        ] {
            assert_eq!(romaji(kana).as_deref(), Some(latin), "{kana}");
        }
        assert_eq!(romaji("瓶"), None);
        assert_eq!(romaji("petぼとる"), None);
    }

    #[test]
    fn katakana_becomes_hiragana() {
        assert_eq!("ガラス瓶ー".chars().map(to_hiragana).collect::<String>(), "がらす瓶ー");
    }
}
