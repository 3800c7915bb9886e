#!/bin/sh
# usage: private-pcscd.sh DIR PORT [HOST]
#
# Runs pcscd in the foreground with a vpcd driver at PORT (first slot) and PORT + 1 (second slot), apart from any
# pcscd of the machine. Programs reach it with PCSCLITE_CSOCK_NAME=DIR/run/pcscd.comm. SIGTERM ends it. With HOST
# the driver does not listen: it connects to cards that wait there, at both ports.
#
# pcscd's directory /run/pcscd is compiled in, hence a mount namespace; without root, a user namespace around it.
# Where the kernel allows neither (a container without privileges), root's pcscd takes the machine's own place.
set -eu
dir=$1
port=$2
host=${3:-/dev/null}

if [ "${4:-}" = inside ]; then
    mount -t tmpfs tmpfs /run
    mkdir /run/pcscd
    mount --bind "$dir/run" /run/pcscd
    exec /usr/sbin/pcscd --foreground --config "$dir/conf"
fi

mkdir -p "$dir/run" "$dir/conf"
cat >"$dir/conf/vpcd" <<END
FRIENDLYNAME "Virtual PCD"
DEVICENAME $host:$(printf '0x%04X' "$port")
LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID $(printf '0x%04X' "$port")
END

for namespace in -m -Urm; do
    if unshare "$namespace" true 2>/dev/null; then
        exec unshare "$namespace" "$0" "$dir" "$port" "$host" inside
    fi
done
ln -sf /run/pcscd/pcscd.comm "$dir/run/pcscd.comm"
exec /usr/sbin/pcscd --foreground --config "$dir/conf"
