#!/usr/bin/env bash
# verify.sh MAKE_LOG FOLDER ENTRIES: a new log, read by Go; then one changed byte, which Go must refuse.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$2"
mkdir -p "$2"
"$1" "$2" "$3"
export GO111MODULE=off GOPATH="$2/go:/usr/share/gocode" GOCACHE="$2/go/cache" GOFLAGS=
go run "$here/verify.go" "$2"

tile="$2/log/tile/0/000"
printf '\x00\x01\x02\x03' | dd of="$tile" bs=1 seek=64 conv=notrunc status=none
if go run "$here/verify.go" "$2" 2>"$2/refused"; then
  echo "a changed tile was not noticed" >&2
  exit 1
fi
echo "a changed tile: $(head -c 120 "$2/refused")"
rm -rf "$2"
