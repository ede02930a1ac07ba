#!/bin/sh
# Runs a shell command inside the root, with a folder of this machine at the same place: in-root.sh ROOT FOLDER COMMAND
#
# The mounts live in a namespace of their own and vanish with it.
set -eu
root=$1 folder=$2 command=$3
export root folder command
exec unshare --mount --pid --fork --kill-child sh -euc '
    mount --make-rprivate /
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    if [ "$folder" != / ]; then
        mkdir -p "$root$folder"
        mount --bind "$folder" "$root$folder"
    fi
    exec env -i HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin LANG=C.UTF-8 ${http_proxy:+http_proxy="$http_proxy"} \
        chroot "$root" sh -euc "cd \"$folder\"; $command"
'
