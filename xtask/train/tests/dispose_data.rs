//! `cargo xtask data dispose`, as a person runs it, with and without a teacher.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use kerbside_train::data::parquet::Samples;
use kerbside_train::data::sample::{Split, Task};
use serde_json::{Value, json};

fn make(args: &[&str], key: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kerbside-train"));
    command.args(["data", "dispose"]).args(args).env_remove("KERBSIDE_TEACHER_KEY");
    if let Some(key) = key {
        command.env("KERBSIDE_TEACHER_KEY", key);
    }
    command.output().unwrap()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn samples_are_the_same_for_the_same_seed_in_both_forms() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b, out] = ["a.jsonl", "b.jsonl", "samples"].map(|name| folder.path().join(name));
    let samples = ["--samples", "120", "--seed", "5", "--jsonl"];
    let first = make(&[&samples[..], &[text(&a), "--out", text(&out)]].concat(), None);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(make(&[&samples[..], &[text(&b)]].concat(), None).status.success());
    assert_eq!(fs::read(&a).unwrap(), fs::read(&b).unwrap());

    let lines = lines(&a);
    assert_eq!(lines.len(), 132);
    let rows = [Split::Train, Split::HeldOut].into_iter().flat_map(|split| {
        let samples = Samples::open(&out, Some(split)).unwrap();
        samples.iter().map(Result::unwrap).collect::<Vec<_>>()
    });
    for (line, row) in lines.iter().zip(rows) {
        assert_eq!(line["prompt"], row.prompt);
        assert_eq!(line["suffix"], row.suffix);
        assert_eq!(line["task"], row.task.as_str());
        assert_eq!(line["split"], row.split.as_str());
        assert!(row.image.is_none() && matches!(row.task, Task::Dispose | Task::Highlight));
        let pieces: Vec<&str> =
            line["pieces"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
        assert_eq!(pieces.concat(), row.suffix);
    }
}

/// A teacher that gives every item the same answer, and reports what it was asked.
fn teacher(answer: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (sender, asked) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let request = read_request(stream.as_ref().unwrap());
            let completion = json!({"choices": [{"message": {"content": answer}}]}).to_string();
            let response = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{completion}",
                completion.len()
            );
            stream.unwrap().write_all(response.as_bytes()).unwrap();
            if sender.send(request).is_err() {
                break;
            }
        }
    });
    (url, asked)
}

fn read_request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(number) = line.to_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

#[test]
fn a_teachers_labels_are_checked_by_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let [plain, taught] = ["plain.jsonl", "taught.jsonl"].map(|name| folder.path().join(name));
    let answer = r#"Here you are: ```json
        [{"label": "soggy pizza box", "state": "dirty"}, {"label": "plastic"},
         {"label": "battery"}, {"label": "spaceship"}, {"label": ""}]```"#;
    let (url, asked) = teacher(answer);
    let samples = ["--samples", "600", "--community", "munich", "--jsonl"];
    assert!(make(&[&samples[..], &[text(&plain)]].concat(), None).status.success());
    let teacher = [text(&taught), "--teacher", &url, "--teacher-model", "any"];
    let output = make(&[&samples[..], &teacher].concat(), Some("a-secret"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let requests: Vec<String> = asked.try_iter().collect();
    assert_eq!(requests.len(), 44, "one for each item of Munich");
    assert!(requests[0].starts_with("POST /v1/chat/completions"));
    assert!(requests.iter().all(|request| request.contains("Bearer a-secret")));
    assert!(!said.contains("a-secret"));
    // Of the pizza box alone the first label leads to the item it was given for.
    for line in [
        "teacher any: 1 labels taken",
        "44 labels rejected: empty or too long",
        "44 labels rejected: known already, or another item",
        "44 labels rejected: the word of a class",
        "87 labels rejected: does not lead to the item",
    ] {
        assert!(said.contains(line), "{line:?} is not in: {said}");
    }
    let has_it = |path: &Path| {
        let soggy = |line: &Value| line["prompt"].as_str().unwrap().contains("soggy [pizza box]");
        lines(path).into_iter().find(soggy)
    };
    assert!(has_it(&plain).is_none());
    let line = has_it(&taught).expect("the label is in some prompt");
    assert!(line["suffix"].as_str().unwrap().contains("pizza-box</s_item><s_state>dirty"));
}

#[test]
fn what_goes_wrong_with_a_teacher_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.jsonl");
    let refused = |args: &[&str], words: &str| {
        let output = make(&[&["--jsonl", text(&path)], args].concat(), None);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.trim_end().lines().count() == 1 && said.contains(words), "{said}");
    };
    // A port that was free a moment ago: nobody listens.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{free}/v1");
    refused(&["--teacher", &nobody, "--teacher-model", "any"], "the teacher, asked about");
    refused(&["--teacher", &nobody], "--teacher-model");
    refused(&["--community", "atlantis"], "no community atlantis");
}

#[test]
fn an_answer_that_is_no_list_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.jsonl");
    let (url, _asked) = teacher("I cannot help with that.");
    let args = ["--samples", "20", "--community", "munich", "--jsonl", text(&path)];
    let output = make(&[&args[..], &["--teacher", &url, "--teacher-model", "any"]].concat(), None);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("44 answers were no list"), "{said}");
}
