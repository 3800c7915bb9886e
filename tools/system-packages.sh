#!/bin/sh
# What the tests need of Debian 12 or a relative of it. Root: installs what is missing. Anybody else: prints the
# one command that does. Without it, tests that need a missing program skip; with CI=true a skip is a failure.
set -eu

packages="
python3-venv python3-dev gcc swig libpcsclite-dev
pcscd vsmartcard-vpcd opensc pcsc-tools
openssl libengine-pkcs11-openssl gnutls-bin
softhsm2
poppler-utils xmlsec1
openssh-server openssh-client git
postgresql
chromium apache2 libapache2-mod-auth-openidc
util-linux mount procps
"

if ! command -v dpkg-query >/dev/null; then
    echo "No dpkg here, so nothing was checked. The tests need what Debian calls:" $packages >&2
    exit 0
fi

missing=""
for package in $packages; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    # The tests start their own pcscd and sshd: no service of the machine has to come up (invoke-rc.d, RUNLEVEL).
    # shellcheck disable=SC2086 # a list of names
    RUNLEVEL=1 exec apt-get install -q -y --no-install-recommends $missing
fi

echo "Missing for the tests. Install once, or let the tests that need them skip:" >&2
echo "    sudo apt-get install --no-install-recommends$missing" >&2
[ "${CI:-}" != true ]
