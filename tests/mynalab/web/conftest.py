"""The servers of the PKI's tests: any application does to try what stands under it."""

from __future__ import annotations

from tests.mynalab.pki_server.conftest import _standing, client, counter, echo, serve

__all__ = ["_standing", "client", "counter", "echo", "serve"]
