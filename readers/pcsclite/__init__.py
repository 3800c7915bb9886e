"""A PC/SC service of its own: pcsc-lite's client protocol on a private Unix socket.

Unmodified programs reach it through the environment variable ``PCSCLITE_CSOCK_NAME``, which libpcsclite reads
before its built-in path (pcsc-lite winscard_msg.c): no root, no driver, no daemon. Bottom up: ``constants`` and
``wire`` (bytes ↔ messages, no I/O), ``slots`` (readers, seats, handles), ``events`` (who waits for a change),
``capabilities`` (control codes, attributes), ``manager`` (sharing, transactions, power), ``session`` (one client's
commands), ``server`` (the sockets and threads).
"""

from readers.pcsclite.server import PcscLiteServer

__all__ = ["PcscLiteServer"]
