"""Secure messaging of 券面事項入力補助AP, the host's side: Channel → Channel, plain commands above, secured ones below.

Measured: soltia48/myna-card src/sm.rs, unless a line says otherwise. A seed, encrypted for the key in EF 0006, becomes
an AES key; SELECT of an EF, VERIFY and READ BINARY then carry what they carry as a cryptogram of class 08, whose
initialisation vector comes from the number of the command. There is no MAC, and EF 0006 is not signed: this hides what
is read from who listens, and neither proves the card nor that nobody changed a bit.

The card asks for the text-entry PIN before, in clear. It has to know extended lengths.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from apdu.command import Command
from apdu.errors import CommandError, LayoutError, ResponseError, TlvError
from apdu.layout import secure_messaging as layout
from apdu.layout.text_records import decode_session_key
from apdu.ports import Channel, RandomBytes
from apdu.response import Response
from apdu.status import StatusWord
from apdu.tlv import Tlv, decode
from jpki.client.errors import MalformedAnswerError, PinRequiredError, SecureSessionError
from jpki.client.statuses import PIN_NAMES
from jpki.kinds import RecordPin

_SELECT: Final = 0xA4
_BY_NAME: Final = 0x04  # P1 of SELECT: ISO/IEC 7816-4 clause 11.2.2; it ends the session
_PIN_MISSING: Final = StatusWord(0x6982)
_ENDING: Final = frozenset({StatusWord(0x6987), StatusWord(0x6988), StatusWord(0x69FC), StatusWord(0x6882)})
"""The last is what SELECT is answered where there is no session."""
_EVERYTHING: Final = 65_536  # Le of every secured READ BINARY, extended: 0000
_REFUSALS: Final = {
    StatusWord(0x6700): "the card has no extended lengths, and so no secure messaging",
    StatusWord(0x66F1): "the selected application has no key for it: select 券面事項入力補助AP",
}


class SecureChannel:
    """``below``, on which ``open`` agreed a key. One thread at a time.

    ``SecureSessionError`` once the session has ended, for whatever reason: a command that was to be secured is never
    sent in clear. Commands that secure messaging does not know pass as they are.
    """

    def __init__(self, below: Channel, key: bytes) -> None:
        self._below = below
        self._key: bytes | None = key
        self._number = 0

    @classmethod
    def open(cls, below: Channel, session_key_file: bytes, *, rng: RandomBytes) -> SecureChannel:
        """Agree a key with the card whose EF 0006 this is: text application selected, its PIN verified.

        ``PinRequiredError`` when it was not, ``SecureSessionError`` when the card does not agree.
        """
        seed = rng(layout.SEED_SIZE)
        cryptogram = _for_the_card(session_key_file, layout.SEED_HEADER + seed)
        answer = _decoded(below.transmit(Command(cla=0x80, ins=0xAE, p1=0, p2=0, data=cryptogram).encode()))
        if answer.sw == _PIN_MISSING:
            raise PinRequiredError(
                f"{PIN_NAMES[RecordPin.TEXT]} has to be verified before a key is agreed", kind=RecordPin.TEXT
            )
        if not answer.sw.is_ok:
            raise SecureSessionError(
                f"the card answered {answer.sw} to SET SESSION KEY", sw=answer.sw, hint=_REFUSALS.get(answer.sw, "")
            )
        return cls(below, seed[: layout.KEY_SIZE])

    def transmit(self, raw: bytes) -> bytes:
        """Send one plain command APDU, return the plain response APDU."""
        try:
            command = Command.decode(raw)
        except CommandError:
            return self._below.transmit(raw)
        if command.cla != 0 or command.ins not in layout.OBJECT_OF_INSTRUCTION:
            return self._below.transmit(raw)
        if command.ins == _SELECT and command.p1 == _BY_NAME:
            self._key = None
            return self._below.transmit(raw)
        return self._exchange(command)

    def reset(self) -> bytes:
        """Reset the card, which ends the session, and return its ATR."""
        self._key = None
        return self._below.reset()

    def _exchange(self, command: Command) -> bytes:
        key = self._key
        if key is None:
            raise SecureSessionError(
                "the secure session has ended, and the command was not sent in clear", hint="agree on a key again"
            )
        self._number += 1
        vector = _encrypt_block(key, self._number.to_bytes(layout.BLOCK_SIZE))
        secured = _secured(command, key, vector)
        self._key = None  # until the card has answered, nobody knows its number
        answer = _decoded(self._below.transmit(secured.encode()))
        if answer.sw in _ENDING:
            raise SecureSessionError(
                f"the card ended the secure session with {answer.sw}", sw=answer.sw, hint="agree on a key again"
            )
        plain = _plain(answer, command, key, vector)
        self._key = key
        return Response(answer.sw, plain).encode()


def _for_the_card(session_key_file: bytes, plain: bytes) -> bytes:
    try:
        key = decode_session_key(session_key_file)
        public = RSAPublicNumbers(key.exponent, key.modulus).public_key()
    except (LayoutError, ValueError) as error:
        raise MalformedAnswerError(f"EF 0006 holds no key for a session: {error}") from error
    return public.encrypt(plain, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))


def _secured(command: Command, key: bytes, vector: bytes) -> Command:
    """The same of class 08: its data as a cryptogram, or how much is wanted of it."""
    tag = layout.OBJECT_OF_INSTRUCTION[command.ins]
    if tag == layout.EXPECTED_LENGTH:
        wanted = (command.ne or 0) % _EVERYTHING  # 0000 is everything there is
        value, ne = b"\x00" + wanted.to_bytes(2), _EVERYTHING
    else:
        encryptor = _cipher(key, vector).encryptor()
        padded = layout.pad(command.data)
        value, ne = layout.PADDING_INDICATOR + encryptor.update(padded) + encryptor.finalize(), None
    return Command(cla=layout.CLA, ins=command.ins, p1=command.p1, p2=command.p2, data=Tlv(tag, value).encode(), ne=ne)


def _plain(answer: Response, command: Command, key: bytes, vector: bytes) -> bytes:
    """What the card said: a cryptogram where data are asked for, and nothing elsewhere."""
    if not answer.data and (not answer.sw.is_ok or layout.OBJECT_OF_INSTRUCTION[command.ins] == layout.CRYPTOGRAM):
        return b""
    try:
        found = decode(answer.data)
    except TlvError as error:
        raise MalformedAnswerError("a secured command was answered with data that are no object") from error
    indicator, cryptogram = found.value[:1], found.value[1:]
    if found.tag != layout.CRYPTOGRAM or indicator != layout.PADDING_INDICATOR:
        raise MalformedAnswerError("a secured command was answered with data in clear")
    if not cryptogram or len(cryptogram) % layout.BLOCK_SIZE:
        raise MalformedAnswerError("the card's cryptogram has no whole blocks")
    decryptor = _cipher(key, vector).decryptor()
    plain = layout.unpad(decryptor.update(cryptogram) + decryptor.finalize())
    if plain is None:
        raise MalformedAnswerError("the card's cryptogram does not decrypt to padded data")
    return plain


def _cipher(key: bytes, vector: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(vector))


def _encrypt_block(key: bytes, block: bytes) -> bytes:
    """The vector of command N is N under the key."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - one block, as the card does
    return encryptor.update(block) + encryptor.finalize()


def _decoded(raw: bytes) -> Response:
    try:
        return Response.decode(raw)
    except ResponseError as error:
        raise MalformedAnswerError(str(error), hint=error.hint) from error
