//! The few sentences a pack needs and no table has. They state no fact about the town.

/// Sentences in one language; `{contact}` is a gap.
pub(super) struct Wording {
    pub(super) zone_question: &'static str,
    pub(super) battery: &'static str,
    pub(super) battery_question: &'static str,
    pub(super) ask_office: &'static str,
    pub(super) place_named_by: &'static str,
}

/// Sentences in `language`, English ones for all but Japanese.
pub(super) fn of(language: &str) -> Wording {
    match language {
        "ja" => Wording {
            zone_question: "お住まいの地区はどこですか？",
            battery: "電池の入った機器",
            battery_question: "電池や充電池が入っていますか？",
            ask_office: "窓口に確認するもの",
            place_named_by: "{contact}に問い合わせて案内された場所",
        },
        _ => Wording {
            zone_question: "Which area do you live in?",
            battery: "Device with a battery",
            battery_question: "Is there a battery inside?",
            ask_office: "Ask first",
            place_named_by: "the place that {contact} names when asked",
        },
    }
}
