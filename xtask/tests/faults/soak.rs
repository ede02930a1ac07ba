//! Used for a long time, and by many threads: a process of its own, whose memory is measured.

use std::process::Command;

use crate::library::{golden, tiny_pack};

#[test]
fn five_hundred_analyses_give_the_same_answers_and_take_no_more_memory() {
    let _turn = crate::turn();
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("pack");
    tiny_pack(&pack);
    let mut soak = Command::new(env!("CARGO_BIN_EXE_xtask"));
    soak.args(["soak", "--count", "500", "--threads", "8", "--pack"]).arg(&pack);
    for photo in ["image0.png", "image1.png", "image2.png"] {
        soak.arg("--photo").arg(golden("paligemma1").join(photo));
    }
    for adapter in ["peft/vision", "peft/layers"] {
        soak.arg("--adapter").arg(golden(adapter));
    }
    let output = soak.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    print!("{said}");
    assert!(said.contains("500 analyses of 3 photos with 3 adapters"), "{said}");
    assert!(said.contains("8 threads"), "{said}");
}
