#!/bin/sh
# Build deploy/Dockerfile without a registry: a base by mmdebstrap, the image by buildah. Needs root.
#
#   deploy/make_image.sh [IMAGE [EXTRAS]]
#
# pip's own settings, where this machine has any (PIP_CONFIG_FILE, /etc/pip.conf), and the
# certificates that it trusts go along as secrets: they are used, and are in no layer.
set -eu
image=${1:-localhost/gridtwin:latest}
base=localhost/debian:12-slim
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build() { buildah --storage-driver vfs "$@"; }

for tool in buildah mmdebstrap; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install buildah mmdebstrap crun" >&2; exit 2; }
done

if ! build inspect --type image "$base" >/dev/null 2>&1; then
  mmdebstrap --quiet --variant=minbase --include=ca-certificates,usr-is-merged \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' bookworm "$work/base.tar"
  container=$(build from scratch)
  build add --quiet "$container" "$work/base.tar" / >/dev/null
  build commit --quiet --rm "$container" "$base" >/dev/null
fi

settings=${PIP_CONFIG_FILE:-/etc/pip.conf}
[ -r "$settings" ] || { settings=$work/pip.conf; : >"$settings"; }
certificates=${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}
build bud --quiet --isolation chroot --pull-never --layers=false \
  --build-arg BASE="$base" ${2:+--build-arg EXTRAS="$2"} \
  --secret "id=pip,src=$settings" --secret "id=certificates,src=$certificates" \
  --file "$root/deploy/Dockerfile" --tag "$image" "$root"
echo "$image"
