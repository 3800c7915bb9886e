#!/bin/sh
# Fetch libpcsclite of other Debian suites, to test against clients of protocol 4:5 (trixie) and 4:6 (sid).
#
#   tools/fetch-pcsclite.sh DIRECTORY
#
# Leaves DIRECTORY/<suite>/lib/libpcsclite.so.1, and in DIRECTORY/<suite>/libc the C library that it was built for.
# Nothing is installed, no root is needed: apt-get works on lists of its own, from the mirror and with the keys that
# this system has. A suite that is there already is not fetched again.
set -eu

directory=${1:?usage: tools/fetch-pcsclite.sh DIRECTORY}
suites='trixie sid'

complete() { [ -e "$directory/$1/lib/libpcsclite.so.1" ] && [ -e "$directory/$1/libc/libc.so.6" ]; }

missing=''
for suite in $suites; do complete "$suite" || missing="$missing $suite"; done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || { echo "fetch-pcsclite: no apt-get; the tests of newer clients will be skipped" >&2; exit 0; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
[ -n "$mirror" ] && [ -e "$keyring" ] || {
	echo "fetch-pcsclite: this system has no Debian mirror and keys; the tests of newer clients will be skipped" >&2
	exit 0
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts"
: >"$work/status"
cat >"$work/parts/debian.sources" <<END
Types: deb
URIs: $mirror
Suites: $(echo $missing)
Components: main
Signed-By: $keyring
END
cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/parts";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
APT::Sandbox::User "";
Acquire::Languages "none";
// A mirror may be a snapshot of some weeks ago: signed all the same, and fresh enough for a test.
Acquire::Check-Valid-Until "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
END
apt-get --quiet=2 -c "$work/apt.conf" update

for suite in $missing; do
	mkdir -p "$work/$suite" "$directory/$suite/lib" "$directory/$suite/libc"
	(cd "$work/$suite" && apt-get --quiet=2 -c "$work/apt.conf" download "libpcsclite1/$suite" "libc6/$suite" >/dev/null)
	for package in "$work/$suite"/*.deb; do dpkg-deb --extract "$package" "$work/$suite/root"; done
	find "$work/$suite/root" -name 'libpcsclite*.so.1' -exec cp -L {} "$directory/$suite/lib/" \;
	find "$work/$suite/root/usr/lib" -path '*-linux-gnu*/*.so.*' ! -name 'libpcsclite*' ! -path '*/gconv/*' ! -path '*/audit/*' \
		-exec cp -L {} "$directory/$suite/libc/" \;
	complete "$suite" || { echo "fetch-pcsclite: the packages of $suite look other than expected" >&2; exit 1; }
	echo "$suite: $(basename "$work/$suite"/libpcsclite1_*.deb)"
done
