"""Sign transactions: started by the relying party's server, signed at the page, read as a JWE for the operator."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from joserfc import jwe
from joserfc.jwk import KeySet

from apdu.ports import RandomBytes
from mynalab.authapp.abnormal import Stage, row_of
from mynalab.authapp.ceremony import SignedData, is_signable
from mynalab.authapp.config import ServiceConfig
from mynalab.authapp.store import Store

_MOST_CHARACTERS: Final = 128
"""Base64 of a DigestInfo has 68."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One signature that is wanted. ``data`` is Base64 as it was given, ``raw`` what the card pads."""

    id: str
    client_id: str
    data: str
    raw: bytes
    until: datetime
    jwe: str = field(default="", repr=False)
    family: str = ""
    """The grant by whose access token the result can be read."""
    reads_left: int = 0


class TransactionRefusedError(Exception):
    """Why a transaction cannot be started or read: a stable code, an HTTP status, and words."""

    def __init__(self, code: str, status: int, en: str, ja: str) -> None:
        super().__init__(code)
        self.code, self.status, self.en, self.ja = code, status, en, ja


class Transactions:
    """All of one provider."""

    def __init__(
        self,
        *,
        config: ServiceConfig,
        store: Store[Transaction],
        operator: Callable[[], KeySet],
        clock: Callable[[], datetime],
        rng: RandomBytes,
    ) -> None:
        self._config, self._store, self._operator = config, store, operator
        self._clock, self._rng = clock, rng
        self._lock = Lock()

    def start(self, client_id: str, body: Mapping[str, Any]) -> Transaction:
        """A new one; ``TransactionRefusedError`` for data that no card is to sign."""
        key = self._config.sign_start_data_key
        data = body.get(key)
        if not isinstance(data, str) or not 0 < len(data) <= _MOST_CHARACTERS:
            raise TransactionRefusedError(
                "authapp.sign.data-missing",
                400,
                f"{key} has to be a Base64 text",
                f"{key} は Base64 の文字列です",
            )
        try:
            raw = base64.b64decode(data.encode("ascii"), validate=True)
        except (binascii.Error, UnicodeError) as error:
            raise TransactionRefusedError(
                "authapp.sign.data-not-base64", 400, f"{key} is no Base64", f"{key} が Base64 ではありません"
            ) from error
        if not is_signable(raw, self._config):
            raise TransactionRefusedError(
                "authapp.sign.data-not-a-hash",
                400,
                f"{key} has to be a SHA-256 value of 32 bytes, or a DigestInfo of one",
                f"{key} は SHA-256 の 32 バイト、またはその DigestInfo でなければなりません",
            )
        now = self._clock()
        made = Transaction(
            id=str(uuid.UUID(bytes=self._rng(16), version=4)),
            client_id=client_id,
            data=data,
            raw=raw,
            until=now + timedelta(seconds=self._config.transaction_seconds),
        )
        self._store.put(made.id, made, until=made.until, now=now)
        return made

    def waiting(self, id_: str, client_id: str) -> Transaction | None:
        """The one of this client that nobody has signed yet."""
        found = self._store.get(id_.lower(), now=self._clock())
        return found if found is not None and found.client_id == client_id and not found.family else None

    def signed(self, id_: str, done: SignedData, *, family: str, abnormal: str = "") -> bool:
        """Keep the result, encrypted to the operator: nobody else reads it. False: somebody was quicker."""
        with self._lock:
            now = self._clock()
            found = self._store.get(id_.lower(), now=now)
            if found is None or found.family:
                return False
            sealed = self._sealed(found, done, abnormal)
            kept = replace(found, jwe=sealed, family=family, reads_left=self._config.sign_result_reads)
            self._store.put(found.id, kept, until=found.until, now=now)
            return True

    def result(self, id_: str, *, family: str) -> dict[str, str]:
        """What the relying party passes on to the operator."""
        with self._lock:
            now = self._clock()
            found = self._store.get(id_.lower(), now=now)
            if found is None or not found.family or found.family != family:
                raise TransactionRefusedError(
                    "authapp.sign.no-result",
                    404,
                    "there is no result of this transaction for this token",
                    "このトークンで読める署名結果はありません",
                )
            if not found.reads_left:
                raise TransactionRefusedError(
                    "authapp.sign.read-too-often",
                    410,
                    "the result was read as often as it can be",
                    "署名結果の取得回数の上限に達しました",
                )
            kept = replace(found, reads_left=found.reads_left - 1)
            self._store.put(found.id, kept, until=found.until, now=now)
        return {self._config.sign_result_key: found.jwe}

    def _sealed(self, found: Transaction, done: SignedData, abnormal: str) -> str:
        config = self._config
        payload = {
            "certificate": base64.b64encode(done.certificate).decode(),
            "signature": base64.b64encode(done.signature).decode(),
            "data": found.data,
        }
        row = row_of(abnormal, Stage.SIGN)
        if row is not None and row.change is not None:
            payload = row.change(payload)
        names = {
            "certificate": config.sign_payload_certificate_key,
            "signature": config.sign_payload_signature_key,
            "data": config.sign_payload_data_key,
        }
        key = self._operator().keys[0]
        header = {"alg": config.jwe_alg, "enc": config.jwe_enc, "kid": key.kid, "cty": "application/json"}
        plain = json.dumps({names[name]: value for name, value in payload.items()})
        sealed = jwe.encrypt_compact(header, plain, key, algorithms=[config.jwe_alg, config.jwe_enc])
        if row is not None and row.change is None and not row.error:
            return f"{sealed[:-4]}AAAA" if not sealed.endswith("AAAA") else f"{sealed[:-4]}BBBB"
        return sealed
