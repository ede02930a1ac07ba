//! A report for people to read.

use std::fmt::Write as _;

use kerbside_core::engine::CLASSES;

use super::report::{ClassReport, Report};

/// The whole report as text.
pub fn table(report: &Report) -> String {
    let mut text = String::new();
    figures(&mut text, report);
    words(&mut text, report);
    classes(&mut text, report);
    confusion(&mut text, report);
    text
}

fn figures(text: &mut String, report: &Report) {
    let share = |name: &str, value: f64| format!("{name:>32} {value:8.3}\n");
    let count = |name: &str, value: usize| format!("{name:>32} {value:8}\n");
    let lines = [
        count("photos", report.photos),
        count("items", report.items),
        count("smaller ones, ignored", report.ignored_items),
        share("mean IoU of all items", report.mean_iou),
        share("… of a blind guess", report.mean_iou_baseline),
        share("mean IoU of matched items", report.mean_iou_matched),
        share("found at IoU ≥ 0.5", report.recall_50),
        share("class right, of those found", report.class_accuracy),
        share("… of the most frequent class", report.class_accuracy_baseline),
        count("missed", report.missed),
        count("predicted", report.predicted),
        count("invented", report.invented),
        share("precision at IoU ≥ 0.5", report.precision_50),
        share("items a photo right within ±1", report.count_within_one),
        share("mask AP50", report.mask_ap.ap_50),
        share("mask AP50:95", report.mask_ap.ap_50_95),
        share("mask AP50, any class", report.mask_ap_any_class.ap_50),
        share("mask AP50:95, any class", report.mask_ap_any_class.ap_50_95),
        count("invalid sequences", report.invalid),
        share("seconds a photo", report.seconds_per_photo),
    ];
    text.extend(lines);
}

fn words(text: &mut String, report: &Report) {
    text.push_str("\nconfidence     promised   measured    items\n");
    for word in &report.reliability.words {
        let promised = format!("{:.2}–{:.2}", word.promised_from, word.promised_to);
        let measured = word.accuracy.map_or("–".into(), |accuracy| format!("{accuracy:.3}"));
        let _ =
            writeln!(text, "{:>10} {promised:>12} {measured:>10} {:8}", word.word.id(), word.items);
    }
    let error = report.reliability.expected_calibration_error;
    let _ = writeln!(text, "expected calibration error {error:.3}");
}

fn classes(text: &mut String, report: &Report) {
    text.push_str("\n     class    items    found    right  mean IoU     AP50  invented\n");
    for (name, class) in ordered(report) {
        let _ = writeln!(
            text,
            "{name:>10} {:8} {:8.3} {:8.3} {:9.3} {:8.3} {:9}",
            class.items,
            class.recall_50,
            class.class_accuracy,
            class.mean_iou,
            class.ap_50,
            class.invented
        );
    }
}

/// One row for each true class, one column for what matched items were called.
fn confusion(text: &mut String, report: &Report) {
    let rows = ordered(report);
    let said = |class: &str| rows.iter().any(|(_, row)| row.called.contains_key(class));
    let columns: Vec<&str> = CLASSES.into_iter().filter(|class| said(class)).collect();
    text.push_str("\n  is ↓ called →");
    columns.iter().for_each(|column| {
        let _ = write!(text, "{column:>9}");
    });
    text.push('\n');
    for (name, class) in rows.iter().filter(|(_, class)| !class.called.is_empty()) {
        let _ = write!(text, "{name:>15}");
        for column in &columns {
            let _ = write!(text, "{:9}", class.called.get(*column).copied().unwrap_or(0));
        }
        text.push('\n');
    }
}

/// In the order of the prompt.
fn ordered(report: &Report) -> Vec<(&'static str, &ClassReport)> {
    let class = |name: &'static str| Some((name, report.classes.get(name)?));
    CLASSES.into_iter().filter_map(class).collect()
}
