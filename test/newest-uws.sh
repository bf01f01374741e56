#!/usr/bin/env bash
# Runs the integration and end-to-end tests on the newest uWebSockets.js, which needs glibc 2.38: in a Debian 13 in a
# folder of its own, whatever this machine runs. Needs root, debootstrap, and a checkout that `npm test` has built.
#
#   test/newest-uws.sh [folder]        default: a temporary one, removed in the end; a named one is kept for the next run
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
root=${1:-}
if [ -z "$root" ]; then
  root=$(mktemp -d)
  # PostgreSQL runs under another account there.
  chmod 755 "$root"
  remove=yes
fi

finish() {
  umount "$root/proc" 2>/dev/null || true
  if [ "${remove:-}" = yes ]; then rm -rf "$root"; fi
}
trap finish EXIT

[ -x "$root/usr/bin/bash" ] || debootstrap --variant=minbase --include=openssl trixie "$root" >/dev/null
echo "127.0.0.1 localhost" >"$root/etc/hosts"
cp "$(readlink -f "$(command -v node)")" "$root/usr/local/bin/node"
rm -rf "$root/apipod"
mkdir -p "$root/apipod"
(cd "$project" && tar cf - --exclude=./data --exclude=./.git .) | tar xf - -C "$root/apipod"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
chroot "$root" ip link set lo up 2>/dev/null || true

# Certificates of this machine are not there.
chroot "$root" /bin/sh -c 'cd /apipod && unset NODE_EXTRA_CA_CERTS && node node_modules/.bin/tap --include=".build/test/{integration,e2e}/**/*.js"'
