"""A security domain of a card, opened over any Channel: GlobalPlatform Card Specification 2.3.1 behind SCP03."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from apdu import globalplatform as gp
from apdu import scp03
from apdu.command import Command
from apdu.errors import ApduError, SecureChannelError
from apdu.globalplatform import EncipheredKey, Entry, InstallForInstall, InstallForLoad, LoadFile
from apdu.layout import card_manager
from apdu.ports import Channel, RandomBytes
from apdu.response import Response
from apdu.scp03 import SecureChannel, StaticKeys
from apdu.status import StatusWord
from apdu.tlv import Tlv, decode
from jpki.issuer.errors import CardFullError, ChannelRefusedError, ManagementRefusedError, NoFreeAreaError
from jpki.issuer.keys import AES

FULL_LEVEL: Final = 0x33
"""Commands and answers both encrypted and under a MAC."""
_MORE: Final = StatusWord(0x6310)
_NOTHING: Final = StatusWord(0x6A88)
_FULL: Final = StatusWord(0x6A84)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What the card says of its room."""

    applications: int
    free: int


class DomainSession:
    """One open channel to one domain. ``open`` it; it ends with the next SELECT or reset, or with the first error."""

    def __init__(self, channel: Channel, secured: SecureChannel, keys: StaticKeys) -> None:
        self._channel = channel
        self._secured = secured
        self._keys = keys
        self._is_broken = False

    @classmethod
    def open(
        cls,
        channel: Channel,
        *,
        keys: StaticKeys,
        rng: RandomBytes,
        domain: bytes = card_manager.AID,
        level: int = FULL_LEVEL,
    ) -> DomainSession:
        """Select a domain and prove the keys to each other. ``NoFreeAreaError``, ``ChannelRefusedError``."""
        selected = _send(channel, Command(cla=0x00, ins=0xA4, p1=0x04, p2=0x0C, data=domain))
        if not selected.sw.is_ok:
            raise NoFreeAreaError(f"the card has no security domain {domain.hex().upper()} ({selected.sw})")
        challenge = rng(scp03.CHALLENGE_SIZE)
        begun = _send(channel, Command(cla=0x80, ins=gp.INITIALIZE_UPDATE, p1=0, p2=0, data=challenge, ne=256))
        if not begun.sw.is_ok:
            raise NoFreeAreaError(
                f"the card opens no secure channel ({begun.sw})",
                hint="cards of older releases have no free area: make a new one, mynalab card new NAME",
            )
        secured = _begin(keys, challenge, begun.data)
        cryptogram = scp03.host_cryptogram(AES, secured.keys, challenge, secured.card_challenge)
        command = Command(cla=0x80, ins=gp.EXTERNAL_AUTHENTICATE, p1=level, p2=0, data=cryptogram)
        answer = _send(channel, secured.channel.wrap(command))
        if not answer.sw.is_ok:
            raise ChannelRefusedError(f"the card does not accept our keys ({answer.sw})")
        secured.channel.raise_level(level)
        return cls(channel, secured.channel, keys)

    def send(self, command: Command) -> Response:
        """One command through the channel; any status passes.

        ``ChannelRefusedError`` for a touched answer, and from there on.
        """
        if self._is_broken:
            raise ChannelRefusedError("an answer of this channel could not be trusted", hint="open another one")
        answer = _send(self._channel, self._secured.wrap(command))
        try:
            return self._secured.unwrap(answer)
        except SecureChannelError as error:
            self._is_broken = True
            raise ChannelRefusedError(f"the card's answer cannot be trusted: {error}", hint=error.hint) from error

    def create_domain(self, aid: bytes, *, memory: int | None = None) -> None:
        """Make a security domain, as the issuer."""
        request = InstallForInstall(
            load_aid=gp.DOMAIN_LOAD_FILE,
            module=gp.DOMAIN_MODULE,
            instance=aid,
            privileges=bytes((gp.SECURITY_DOMAIN_PRIVILEGE,)),
            memory=memory,
        )
        self._install(gp.FOR_INSTALL_AND_MAKE_SELECTABLE, request.encode(), "making a security domain")

    def put_keys(self, version: int, keys: StaticKeys, *, replacing: int = 0) -> None:
        """Give the domain a key set; 0 adds one."""
        enciphered = [_enciphered(self._keys.dek, key) for key in (keys.enc, keys.mac, keys.dek)]
        data = gp.encode_key_set(version, enciphered)
        self._do(Command(cla=0x80, ins=gp.PUT_KEY, p1=replacing, p2=0x81, data=data, ne=256), "putting keys")

    def put_provider_key(self, point: bytes) -> None:
        """Give the domain the public key that its packages are signed with."""
        data = gp.encode_provider_key(point)
        self._do(Command(cla=0x80, ins=gp.PUT_KEY, p1=0, p2=0x01, data=data, ne=256), "putting the provider's key")

    def load(self, file: LoadFile) -> None:
        """Load a package block by block; it is on the card with the last one, or not at all."""
        package = file.package
        request = InstallForLoad(
            load_aid=package.load_aid, domain=package.provider, digest=hashlib.sha256(file.block).digest()
        )
        self._install(gp.FOR_LOAD, request.encode(), "announcing a package")
        content = file.encode()
        blocks = [content[start : start + gp.BLOCK_SIZE] for start in range(0, len(content), gp.BLOCK_SIZE)]
        for number, block in enumerate(blocks):
            p1 = gp.LAST_BLOCK if number == len(blocks) - 1 else 0
            command = Command(cla=0x80, ins=gp.LOAD, p1=p1, p2=number & 0xFF, data=block, ne=256)
            self._do(command, "loading a package")

    def install(self, file: LoadFile, *, secrets: Mapping[int, bytes]) -> None:
        """Make the application of a loaded package selectable, with its first PINs and keys."""
        package = file.package
        request = InstallForInstall(
            load_aid=package.load_aid, module=package.aid, instance=package.aid, secrets=tuple(secrets.items())
        )
        self._install(gp.FOR_INSTALL_AND_MAKE_SELECTABLE, request.encode(), "installing an application")

    def delete(self, aid: bytes, *, related: bool = False) -> None:
        """Delete an application, a package (with its applications, if told so) or an empty domain."""
        data = Tlv(0x4F, aid).encode()
        p2 = 0x80 if related else 0x00
        self._do(Command(cla=0x80, ins=gp.DELETE, p1=0, p2=p2, data=data, ne=256), f"deleting {aid.hex().upper()}")

    def set_locked(self, aid: bytes, *, locked: bool) -> None:
        """Lock or unlock an application."""
        state = gp.SELECTABLE | (gp.LOCKED_BIT if locked else 0)
        command = Command(cla=0x80, ins=gp.SET_STATUS, p1=gp.DOMAINS_AND_APPLICATIONS, p2=state, data=aid, ne=256)
        self._do(command, f"locking or unlocking {aid.hex().upper()}")

    def entries(self, which: int = gp.DOMAINS_AND_APPLICATIONS) -> tuple[Entry, ...]:
        """The registry, as far as this domain sees it."""
        raw = b""
        p2 = 0x02
        while True:
            command = Command(cla=0x80, ins=gp.GET_STATUS, p1=which, p2=p2, data=b"\x4f\x00", ne=256)
            answer = self.send(command)
            if answer.sw == _NOTHING:
                break
            if answer.sw not in (StatusWord.OK, _MORE):
                raise _refusal(answer.sw, "reading the registry")
            raw += answer.data
            if answer.sw.is_ok:
                break
            p2 = 0x03
        try:
            return Entry.decode_all(raw)
        except ApduError as error:
            raise ManagementRefusedError(f"the registry of the card cannot be read: {error}", sw=answer.sw) from error

    def resources(self) -> Resources:
        """How much room is left."""
        answer = self._do(Command(cla=0x80, ins=gp.GET_DATA, p1=0xFF, p2=0x21, ne=256), "asking for the memory")
        try:
            values = {tlv.tag: int.from_bytes(tlv.value) for tlv in decode(answer.data).children()}
            return Resources(applications=values[0x81], free=values[0x82])
        except (ApduError, KeyError) as error:
            raise ManagementRefusedError("the card's answer about its memory cannot be read", sw=answer.sw) from error

    def unblock(self, application: bytes, reference: int, *, new_value: bytes | None = None) -> None:
        """Give a PIN its tries back and, if told so, a new value: what the municipal counter does."""
        data = Tlv(0x4F, application).encode()
        if new_value is not None:
            data += Tlv(0x81, new_value).encode()
        p1 = 0x03 if new_value is None else 0x02
        command = Command(cla=0x80, ins=gp.RESET_RETRY_COUNTER, p1=p1, p2=0x80 | reference, data=data, ne=256)
        self._do(command, "resetting a retry counter")

    def _install(self, p1: int, data: bytes, doing: str) -> None:
        self._do(Command(cla=0x80, ins=gp.INSTALL, p1=p1, p2=0, data=data, ne=256), doing)

    def _do(self, command: Command, doing: str) -> Response:
        answer = self.send(command)
        if not answer.sw.is_ok:
            raise _refusal(answer.sw, doing)
        return answer


@dataclass(frozen=True, slots=True)
class _Begun:
    channel: SecureChannel
    keys: scp03.SessionKeys
    card_challenge: bytes


def _begin(keys: StaticKeys, challenge: bytes, raw: bytes) -> _Begun:
    """Check that the card has our keys, before it is shown anything."""
    try:
        answer = scp03.InitializeUpdateAnswer.decode(raw)
    except SecureChannelError as error:
        raise ChannelRefusedError(str(error), hint=error.hint) from error
    session = scp03.session_keys(AES, keys, challenge, answer.challenge)
    expected = scp03.card_cryptogram(AES, session, challenge, answer.challenge)
    if not hmac.compare_digest(expected, answer.cryptogram):
        raise ChannelRefusedError(
            "the card does not have the keys of this lab", hint="name the lab that issued the card: --lab DIR"
        )
    return _Begun(SecureChannel(AES, session), session, answer.challenge)


def _enciphered(dek: bytes, key: bytes) -> EncipheredKey:
    check = AES.encrypt(key, bytes(16), b"\x01" * 16)[: gp.KEY_CHECK_SIZE]
    padded = key + bytes(-len(key) % 16)
    return EncipheredKey(size=len(key), enciphered=AES.encrypt(dek, bytes(16), padded), check=check)


def _send(channel: Channel, command: Command) -> Response:
    return Response.decode(channel.transmit(command.encode()))


def _refusal(sw: StatusWord, doing: str) -> CardFullError | ManagementRefusedError:
    if sw == _FULL:
        return CardFullError(
            f"the card has not enough room for {doing}", hint="remove an application first: mynalab app remove NAME"
        )
    return ManagementRefusedError(
        f"the card answered {sw} to {doing}", sw=sw, hint="docs/free-area.md says what each status word means here"
    )
