#!/bin/sh
# Makes a Debian trixie root with Swift 6 in it, once: root.sh FOLDER
#
# 1.3 GB, about a minute. The mirror is that of this machine's own apt sources. Exit code 3 and one line on standard
# error when it cannot be made here; a half-made root is never left under the final name.
set -eu
root=$1
# Not /usr/bin/swift: a link that leads somewhere only inside the root.
is_made() { [ -x "$root/usr/libexec/swift/bin/swift" ]; }
is_made && exit 0

cannot() { echo "$1" >&2; exit 3; }
[ "$(id -u)" = 0 ] || cannot "making a Debian root with Swift in it takes root"
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || cannot "this is not Debian on amd64"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 'Component: main' | head -n 1)
[ -n "$mirror" ] || cannot "the apt sources of this machine name no Debian mirror (apt-get update?)"
command -v debootstrap >/dev/null || apt-get install -qq -y --no-install-recommends debootstrap >/dev/null 2>&1 ||
    cannot "debootstrap is not there and cannot be installed"
[ -e /usr/share/debootstrap/scripts/trixie ] || cannot "debootstrap here does not know trixie"

# Names of this process: two that start at once do not meet, and the first rename wins.
half=$root.half.$$
log=$root.log
mkdir -p "$(dirname "$root")"
trap 'rm -rf --one-file-system "$half"' EXIT
debootstrap --variant=minbase --arch=amd64 trixie "$half" "$mirror" >"$log" 2>&1 ||
    cannot "debootstrap failed: $(tail -n 1 "$log")"

# Without these the toolchain takes 3.2 GB.
cat >"$half/etc/dpkg/dpkg.cfg.d/slim" <<'SLIM'
path-exclude=/usr/libexec/swift/lib/swift_static/*
path-exclude=/usr/libexec/swift/lib/swift/embedded/*
path-exclude=/usr/libexec/swift/lib/liblldb*
path-exclude=/usr/libexec/swift/lib/libsourcekitdInProc*
path-exclude=/usr/libexec/swift/lib/libLTO*
path-exclude=/usr/libexec/swift/bin/lldb*
path-exclude=/usr/libexec/swift/bin/clangd
path-exclude=/usr/libexec/swift/bin/sourcekit-lsp
path-exclude=/usr/libexec/swift/bin/docc
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
SLIM
cp /etc/resolv.conf "$half/etc/resolv.conf"
"$(dirname "$0")/in-root.sh" "$half" / \
    "DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends swiftlang libc6-dev && apt-get clean" \
    >>"$log" 2>&1 || cannot "Swift could not be installed: $(tail -n 1 "$log")"
is_made || mv -T "$half" "$root" 2>/dev/null || is_made
