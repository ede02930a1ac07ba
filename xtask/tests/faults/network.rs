//! Sorting opens no socket. The kernel itself watches: a filter (seccomp, `man 2 seccomp`) ends the
//! whole process at the first call that could reach a network, whichever thread makes it. Looking at
//! the open files of a running process could miss a short moment; this cannot.

use std::os::unix::process::ExitStatusExt;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};

use crate::child;

/// The calls that could. What opens none of these has no way out: `io_uring` would be a way around.
const CALLS: [libc::c_long; 8] = [
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_io_uring_setup,
];

/// From now on the process ends at any of these calls.
pub fn forbid() {
    // With no rule of its own, a call meets the action whatever its arguments are.
    let rules = CALLS.map(|call| (call, Vec::new())).into_iter().collect();
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let (else_allow, end) = (SeccompAction::Allow, SeccompAction::KillProcess);
    let filter = SeccompFilter::new(rules, else_allow, end, arch).unwrap();
    apply_filter_all_threads(&BpfProgram::try_from(filter).unwrap()).unwrap();
}

#[test]
fn sorting_a_photo_opens_no_socket() {
    let _turn = crate::turn();
    let output = child::command("socket", &[]).output().unwrap();
    assert_eq!(output.status.signal(), Some(libc::SIGSYS), "the filter ends who opens one");
    let said = child::said(&child::command("sort", &[]).output().unwrap());
    assert_eq!(said, ["sorted"]);
}
