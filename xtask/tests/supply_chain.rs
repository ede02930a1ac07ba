//! What other people's code is in the programs: no network, no logger, known licences, one registry.
//! `deny.toml` has the lists; `cargo deny check licenses bans sources` reads them alike.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;
use spdx::{Expression, LicenseItem, ParseMode};
use xtask::bundled;

/// What goes into the apps.
const SHIPPED: [&str; 2] = ["kerbside-core", "kerbside-ffi"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    /// `None` for our own.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// `None` for what is linked; "build" and "dev" stay behind.
    kind: Option<String>,
}

/// All crates on all systems, and who uses whom.
struct Tree {
    packages: BTreeMap<String, Package>,
    linked: BTreeMap<String, Vec<String>>,
}

impl Tree {
    fn new() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(bundled::root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let Metadata { packages, resolve } = serde_json::from_slice(&output.stdout).unwrap();
        let linked = |node: Node| {
            let is_linked = |one: &Dependency| one.dep_kinds.iter().any(|kind| kind.kind.is_none());
            let deps = node.deps.into_iter().filter(is_linked).map(|one| one.pkg).collect();
            (node.id, deps)
        };
        Self {
            packages: packages.into_iter().map(|one| (one.id.clone(), one)).collect(),
            linked: resolve.nodes.into_iter().map(linked).collect(),
        }
    }

    /// Names of everything linked into `root`, itself included.
    fn linked_into(&self, root: &str) -> BTreeSet<&str> {
        let mut open: Vec<&str> = self
            .packages
            .values()
            .filter(|one| one.name == root)
            .map(|one| one.id.as_str())
            .collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.linked[id].iter().map(String::as_str));
            }
        }
        seen.into_iter().map(|id| self.packages[id].name.as_str()).collect()
    }

    fn foreign(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().filter(|one| one.source.is_some())
    }
}

#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Banned>,
    skip: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    /// A name, in `skip` with `@` and the beginning of a version.
    #[serde(rename = "crate")]
    name: String,
    /// Who may use it all the same.
    #[serde(default)]
    wrappers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

fn deny() -> Deny {
    toml::from_str(&std::fs::read_to_string(bundled::root().join("deny.toml")).unwrap()).unwrap()
}

#[test]
fn nothing_in_the_apps_speaks_to_a_network_or_writes_logs() {
    let (tree, deny) = (Tree::new(), deny());
    for root in SHIPPED {
        let linked = tree.linked_into(root);
        assert!(linked.contains("tokenizers") && linked.len() > 50, "{root} is read whole");
        let banned: Vec<_> = deny
            .bans
            .deny
            .iter()
            .filter(|one| linked.contains(one.name.as_str()))
            .map(|one| &one.name)
            .collect();
        assert!(banned.is_empty(), "{root} has {banned:?}");
    }
    // The recipe fetches data: were the lists or this reading of them wrong, that would be missed.
    assert!(tree.linked_into("kerbside-train").contains("rustls"));
}

#[test]
fn what_is_banned_is_used_by_nobody_but_its_wrappers() {
    let (tree, deny) = (Tree::new(), deny());
    for (id, uses) in &tree.linked {
        let user = &tree.packages[id].name;
        for used in uses.iter().map(|id| &tree.packages[id].name) {
            let ban = deny.bans.deny.iter().find(|one| one.name == *used);
            assert!(ban.is_none_or(|ban| ban.wrappers.contains(user)), "{user} uses {used}");
        }
    }
}

/// Whether a licence in the words of a crate is covered by these.
fn is_allowed(licence: &str, allowed: &[String]) -> bool {
    let expression = Expression::parse_mode(licence, ParseMode::LAX).unwrap();
    expression.evaluate(|wanted| {
        let LicenseItem::Spdx { id, .. } = wanted.license else { return false };
        let words = match &wanted.addition {
            Some(addition) => format!("{} WITH {addition}", id.name),
            None => id.name.to_owned(),
        };
        allowed.contains(&words)
    })
}

#[test]
fn every_licence_is_one_of_those_we_can_keep() {
    let Licences { allow, exceptions } = deny().licenses;
    assert!(is_allowed("GPL-3.0 OR MIT", &allow) && is_allowed("MIT/Apache-2.0", &allow));
    assert!(!is_allowed("GPL-3.0 AND MIT", &allow) && !is_allowed("MPL-2.0", &allow));
    let tree = Tree::new();
    for one in tree.foreign() {
        let licence = one.license.as_deref().unwrap_or_default();
        let exception = exceptions.iter().find(|exception| exception.name == one.name);
        let fits = is_allowed(licence, &allow)
            || exception.is_some_and(|exception| is_allowed(licence, &exception.allow));
        assert!(fits, "{} {}: {licence}", one.name, one.version);
    }
}

#[test]
fn all_comes_from_one_registry() {
    let allowed = deny().sources.allow_registry;
    for one in Tree::new().foreign() {
        let source = one.source.as_deref().unwrap_or_default();
        let is_known = allowed.iter().any(|registry| source == format!("registry+{registry}"));
        assert!(is_known, "{} comes from {source}", one.name);
    }
}

#[test]
fn a_crate_is_there_twice_only_where_that_is_known() {
    let (tree, deny) = (Tree::new(), deny());
    let is_skipped = |one: &Package| {
        deny.bans.skip.iter().any(|skip| {
            let (name, version) = skip.name.split_once('@').unwrap();
            name == one.name && (one.version.starts_with(&format!("{version}.")))
        })
    };
    let mut left = BTreeMap::<&str, Vec<&str>>::new();
    for one in tree.foreign().filter(|one| !is_skipped(one)) {
        left.entry(&one.name).or_default().push(&one.version);
    }
    left.retain(|_, versions| versions.len() > 1);
    assert!(left.is_empty(), "{left:?}: update who uses the older, or list it in deny.toml");
}
