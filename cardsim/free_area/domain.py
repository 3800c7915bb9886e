"""A security domain behind SCP03: opening the channel, and every command through it.

Whatever is wrong with a secured command, in its MAC, its place in the chain or its encryption, ends the channel, as
does any command in clear (6982). A command that is understood and refused leaves it open.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from apdu import scp03
from apdu.command import Command
from apdu.errors import SecureChannelError
from apdu.globalplatform import EXTERNAL_AUTHENTICATE, INITIALIZE_UPDATE, RESET_RETRY_COUNTER, SET_STATUS
from apdu.layout import card_manager
from apdu.response import Response
from apdu.scp03 import LEVELS, SecureChannel, SecurityLevel, SessionKeys, StaticKeys
from apdu.status import StatusWord
from cardsim import sw
from cardsim.errors import StatusError
from cardsim.free_area.state import Domain, FreeArea
from cardsim.symmetric import AES

if TYPE_CHECKING:
    from cardsim.runtime import Runtime

_SECURED: Final = 0x84
_PLAIN: Final = 0x80
_ROOM: Final = 256
"""Le of every command that is answered with data, or with a MAC: less, and nothing is done."""
_SILENT: Final = (SET_STATUS, RESET_RETRY_COUNTER)
_LAST_SEQUENCE: Final = 0xFFFFFF  # the counter has three bytes: Amendment D v1.1.2 clause 6.2.2.1


Handlers: TypeAlias = Mapping[int, Callable[["Runtime", "DomainArea", Command], Response]]
"""The commands of an open channel by their instruction."""


class DomainArea:
    """The volatile side of a selected domain."""

    def __init__(self, aid: bytes, handlers: Handlers) -> None:
        self.aid = aid
        self._handlers = handlers
        self._expected = b""
        """The host's cryptogram, between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE."""
        self._beginning: SecureChannel | None = None
        self._channel: SecureChannel | None = None
        self.dek = b""
        """Of the keys that the channel was opened with: Amendment D v1.1.2 clause 7.2."""
        self.load: PendingLoad | None = None
        self.listing: list[bytes] = []

    @property
    def level(self) -> SecurityLevel:
        """How commands are secured; handlers run behind an open channel only."""
        assert self._channel is not None
        return self._channel.level

    def answer(self, runtime: Runtime, raw: bytes) -> bytes:
        """Open the channel, or serve one secured command."""
        command = Command.decode(raw)
        if command.extended and not runtime.profile.extended_length:
            raise StatusError(sw.WRONG_LENGTH)
        if command.cla == _PLAIN and command.ins == INITIALIZE_UPDATE:
            return self.initialize(runtime, command) + bytes(StatusWord.OK)
        if command.cla == _SECURED and self._channel is not None:
            return self._secured(runtime, self._channel, command).encode()
        if command.cla == _SECURED and command.ins == EXTERNAL_AUTHENTICATE and self._beginning is not None:
            return self._authenticate(runtime, self._beginning, command)
        self.close(runtime)
        raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED)

    def close(self, runtime: Runtime) -> None:
        """Forget the channel and whatever was on its way; the domain stays selected."""
        self._expected, self._beginning, self._channel, self.dek = b"", None, None, b""
        self.load, self.listing = None, []
        if self.aid == card_manager.AID:
            runtime.session.area = None

    def initialize(self, runtime: Runtime, command: Command) -> bytes:
        """INITIALIZE UPDATE: GPCS, Amendment D v1.1.2 clause 7.1.1. The counter is durable before the answer leaves."""
        self.close(runtime)
        if command.p2 != 0:
            raise StatusError(sw.WRONG_P1P2)
        if command.nc != scp03.CHALLENGE_SIZE or command.ne is None or command.ne < scp03.ANSWER_SIZE:
            raise StatusError(sw.WRONG_LENGTH)
        area = free_area(runtime)
        domain = area.domains[self.aid]
        version, keys = _key_set(area, domain, command.p1)
        sequence = domain.sequence + 1
        if sequence > _LAST_SEQUENCE:
            raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
        commit(runtime, area.with_domain(replace(domain, sequence=sequence)))
        challenge = scp03.card_challenge(AES, keys.enc, sequence, self.aid)
        session = scp03.session_keys(AES, keys, command.data, challenge)
        self._begin(session, command.data, challenge)
        self.dek = keys.dek
        runtime.session.area = self
        return scp03.InitializeUpdateAnswer(
            diversification=bytes(10),
            key_version=version,
            challenge=challenge,
            cryptogram=scp03.card_cryptogram(AES, session, command.data, challenge),
            sequence=sequence,
        ).encode()

    def _begin(self, session: SessionKeys, host_challenge: bytes, challenge: bytes) -> None:
        self._expected = scp03.host_cryptogram(AES, session, host_challenge, challenge)
        self._beginning = SecureChannel(AES, session)

    def _authenticate(self, runtime: Runtime, channel: SecureChannel, command: Command) -> bytes:
        """EXTERNAL AUTHENTICATE: Amendment D v1.1.2 clause 7.1.2. It has one chance."""
        expected = self._expected
        self._expected, self._beginning = b"", None
        try:
            cryptogram = channel.accept(command).data
        except SecureChannelError:
            self.close(runtime)
            raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED) from None
        if command.p2 != 0 or command.p1 not in LEVELS:
            self.close(runtime)
            raise StatusError(sw.WRONG_P1P2)
        if not hmac.compare_digest(cryptogram, expected):
            self.close(runtime)
            raise StatusError(sw.AUTHENTICATION_FAILED)
        channel.raise_level(command.p1)
        self._channel = channel
        return bytes(StatusWord.OK)

    def _secured(self, runtime: Runtime, channel: SecureChannel, command: Command) -> Response:
        try:
            plain = channel.accept(command)
        except SecureChannelError:
            self.close(runtime)
            raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED) from None
        handler = self._handlers.get(plain.ins)
        try:
            if handler is None:
                raise StatusError(sw.INS_NOT_SUPPORTED)
            if (plain.ne or 0) < _ROOM and (SecurityLevel.R_MAC in channel.level or plain.ins not in _SILENT):
                raise StatusError(sw.WRONG_LENGTH)
            response = handler(runtime, self, plain)
        except StatusError as error:
            response = Response(error.sw)
        return channel.protect(response)


class PendingLoad:
    """A load file on its way: nothing of it is on the card until the last block is there."""

    def __init__(self, load_aid: bytes, digest: bytes) -> None:
        self.load_aid = load_aid
        self.digest = digest
        self.content = bytearray()
        self.next_block = 0


def free_area(runtime: Runtime) -> FreeArea:
    """The free area, which is there when a part of it is selected."""
    area = runtime.image.free_area
    assert area is not None
    return area


def commit(runtime: Runtime, area: FreeArea) -> None:
    """Make a changed free area durable, then current; ``6581`` when the store cannot."""
    runtime.commit(replace(runtime.image, free_area=area))


def _key_set(area: FreeArea, domain: Domain, version: int) -> tuple[int, StaticKeys]:
    """The keys of a version, 00 the highest. Without keys a domain opens with the issuer's: GPCS clause 7.2."""
    keys = domain.keys or area.domains[card_manager.AID].keys
    chosen = version or max(keys)
    if chosen not in keys:
        raise StatusError(sw.OBJECT_NOT_FOUND)
    return chosen, keys[chosen]
