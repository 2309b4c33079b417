#!/usr/bin/env bash
# Downloads the archive of a release of capaboot, checks its checksum before
# unpacking it, and adds the program to the PATH of later steps.
#
#   CAPABOOT_VERSION       the version, such as v1.0.0
#   CAPABOOT_SHA256        the checksum of the archive; default: from SHA256SUMS
#   CAPABOOT_DOWNLOAD_URL  the address below which each release has a folder;
#                          default: the releases of the action's repository
#   CAPABOOT_REPOSITORY    the repository of the action, owner/name
set -euo pipefail

fail() {
	echo "::error::$*"
	exit 1
}

[[ $CAPABOOT_VERSION =~ ^v[0-9][0-9A-Za-z.+-]*$ ]] || fail "version: want a version such as v1.0.0"
[[ -z $CAPABOOT_SHA256 || $CAPABOOT_SHA256 =~ ^[0-9a-fA-F]{64}$ ]] || fail "sha256: want 64 hexadecimal digits"
if [[ -z $CAPABOOT_DOWNLOAD_URL ]]; then
	[[ -n $CAPABOOT_REPOSITORY ]] || fail "download-url: the repository of this action is unknown; set the address of the releases"
	CAPABOOT_DOWNLOAD_URL=${GITHUB_SERVER_URL:-https://github.com}/$CAPABOOT_REPOSITORY/releases/download
fi

case ${RUNNER_OS:-$(uname -s)} in
Linux) os=linux extension=tar.gz ;;
macOS | Darwin) os=darwin extension=tar.gz ;;
Windows) os=windows extension=zip ;;
*) fail "there is no archive for the system ${RUNNER_OS:-$(uname -s)}" ;;
esac
case ${RUNNER_ARCH:-$(uname -m)} in
X64 | x86_64) arch=amd64 ;;
ARM64 | aarch64 | arm64) arch=arm64 ;;
*) fail "there is no archive for the architecture ${RUNNER_ARCH:-$(uname -m)}" ;;
esac

name=capaboot_${CAPABOOT_VERSION}_${os}_${arch}
archive=$name.$extension
folder=${RUNNER_TEMP:?}/capaboot-$CAPABOOT_VERSION
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"

fetch() { # fetch FILE
	curl --fail --silent --show-error --location --retry 3 --max-time 300 --output "$1" \
		"${CAPABOOT_DOWNLOAD_URL%/}/$CAPABOOT_VERSION/$1" || fail "cannot download $1 from $CAPABOOT_DOWNLOAD_URL"
}

fetch "$archive"
want=$CAPABOOT_SHA256
if [[ -z $want ]]; then
	fetch SHA256SUMS
	want=$(awk -v file="$archive" '$2 == file { print $1 }' SHA256SUMS)
	[[ -n $want ]] || fail "SHA256SUMS of $CAPABOOT_VERSION does not list $archive"
fi
if command -v sha256sum >/dev/null; then
	got=$(sha256sum "$archive" | cut -d ' ' -f 1)
else
	got=$(shasum -a 256 "$archive" | cut -d ' ' -f 1)
fi
want=$(tr 'A-F' 'a-f' <<<"$want")
[[ $got == "$want" ]] || fail "$archive has the SHA-256 $got, want $want: the archive was changed or damaged"

if [[ $extension == zip ]]; then unzip -q "$archive"; else tar -xzf "$archive"; fi
"$folder/$name/capaboot" version --short
echo "$folder/$name" >>"${GITHUB_PATH:?}"
