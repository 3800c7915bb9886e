#!/bin/sh
# Fetch the public test cases of RFC 5280 and RFC 6960 verifiers: NIST's PKITS and OpenSSL's OCSP cases, with what is
# to be expected of each, from the source distribution of pyhanko-certvalidator (MIT).
#
#   tools/fetch-validator-vectors.sh PYTHON DIRECTORY
#
# Leaves DIRECTORY/nist_pkits and DIRECTORY/openssl-ocsp. Nothing is installed, nothing of it runs.
set -eu

python=${1:?usage: tools/fetch-validator-vectors.sh PYTHON DIRECTORY}
directory=${2:?usage: tools/fetch-validator-vectors.sh PYTHON DIRECTORY}
version=0.33.0

[ ! -e "$directory/.$version" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m pip download --quiet --no-deps --no-binary pyhanko-certvalidator --dest "$work" \
	"pyhanko-certvalidator==$version" || {
	echo "fetch-validator-vectors: not fetched; the tests of PKITS and of OpenSSL's OCSP cases will be skipped" >&2
	exit 1
}
tar -xzf "$work/pyhanko_certvalidator-$version.tar.gz" -C "$work"
fixtures="$work/pyhanko_certvalidator-$version/tests/fixtures"
mkdir -p "$directory"
cp -R "$fixtures/nist_pkits" "$fixtures/openssl-ocsp" "$work/pyhanko_certvalidator-$version/LICENSE" "$directory/"
touch "$directory/.$version"
