"""A PC/SC service of its own: pcsc-lite's client protocol on a private Unix socket.

Unmodified programs reach it through the environment variable ``PCSCLITE_CSOCK_NAME``, which libpcsclite reads
before its built-in path (pcsc-lite winscard_msg.c): no root, no driver, no daemon. Bottom up: ``constants`` and
``wire`` (bytes ↔ messages, no I/O), ``slots`` (readers, seats, handles), ``events`` (who waits for a change),
``table`` (readers and cards as the lab arranges them), ``capabilities`` (control codes, attributes), ``operations``
(sharing, transactions, power), ``session`` (one client's commands), ``server`` (the sockets and threads).
"""

from readers.pcsclite.constants import MAX_READERS
from readers.pcsclite.server import ENVIRONMENT_VARIABLE, PcscLiteServer

__all__ = ["ENVIRONMENT_VARIABLE", "MAX_READERS", "PcscLiteServer"]
