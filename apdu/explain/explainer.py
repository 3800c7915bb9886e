"""From bytes to a sentence: finds the command's meaning, follows the selected application and file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from apdu import globalplatform as gp
from apdu.command import Command
from apdu.errors import CommandError, ResponseError
from apdu.explain.crypto import explain_challenge, explain_internal_authenticate, explain_sign
from apdu.explain.files import explain_read_binary, explain_read_record
from apdu.explain.free_area import (
    explain_append_record,
    explain_authenticate,
    explain_get_value,
    explain_transaction,
    explain_update_binary,
    explain_update_record,
)
from apdu.explain.management import SECURED_CLASS, explain_initialize_update, explain_management
from apdu.explain.others import (
    KNOWN_PROBES,
    explain_get_data,
    explain_other,
    explain_reader,
    explain_session_key,
)
from apdu.explain.pins import (
    explain_change,
    explain_change_key,
    explain_reset_counter,
    explain_unlock_key,
    explain_verify,
)
from apdu.explain.position import AT_POWER_ON, NOWHERE, Position
from apdu.explain.select import explain_select
from apdu.explain.status import meaning
from apdu.explain.text import NOTHING, Text, count, remark
from apdu.explain.told import Role, Told
from apdu.layout import free_area
from apdu.layout.facts import Lang
from apdu.response import Response
from apdu.status import StatusWord

Handler: TypeAlias = Callable[[Command, Position], Told]
_MANAGEMENT: Final = (
    gp.EXTERNAL_AUTHENTICATE,
    gp.GET_STATUS,
    gp.SET_STATUS,
    gp.INSTALL,
    gp.LOAD,
    gp.DELETE,
    gp.PUT_KEY,
    gp.GET_DATA,
    gp.RESET_RETRY_COUNTER,
    0xE2,  # STORE DATA
)

_HANDLERS: Final = MappingProxyType(
    {
        (0x00, 0x20): explain_verify,
        (0x00, 0x24): explain_change,
        (0x00, 0x2C): explain_reset_counter,
        (0x00, 0x84): explain_challenge,
        (0x00, 0x88): explain_internal_authenticate,
        (0x00, 0xA4): explain_select,
        (0x00, 0xB0): explain_read_binary,
        (0x00, 0xB2): explain_read_record,
        (0x00, 0xCA): explain_get_data,
        (0x80, 0x2A): explain_sign,
        (0x80, 0x32): explain_change_key,
        (0x80, 0x54): explain_unlock_key,
        (0x80, 0xAE): explain_session_key,
        (0x00, 0x82): explain_authenticate,
        (0x00, 0xD6): explain_update_binary,
        (0x00, 0xDC): explain_update_record,
        (0x00, 0xE2): explain_append_record,
        (0x80, free_area.GET_VALUE): explain_get_value,
        **{(0x80, instruction): explain_transaction for instruction in free_area.TRANSACTIONS},
        (0x80, gp.INITIALIZE_UPDATE): explain_initialize_update,
        **{(0x80, instruction): explain_management for instruction in _MANAGEMENT},
    }
)
# ISO/IEC 7816-4 clause 5.4.1: the parts of a first interindustry class, which the card's own follow
_KIND: Final = 0x80
_CHAINING: Final = 0x10
_SECURE: Final = 0x0C
_CHANNEL: Final = 0x03
_FURTHER: Final = 0x60  # set in every other class
_WARNING: Final = 0x62  # ISO/IEC 7816-4 clause 5.6: processed, nothing changed
# refusals that come after the file was found: whether its short id made it current is not public
_FOUND: Final = frozenset({0x6400, 0x6581, 0x6981, 0x6982, 0x6983, 0x6984, 0x6985, 0x6A80, 0x6B00})
_CHANNEL_CLOSED: Final = 0x6982  # whatever is wrong with a secured command ends its channel: our design
_READER_CLASS: Final = 0xFF  # PC/SC specification part 3: FF is reserved for the reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One command or exchange in words, for people (``sentence``) and for programs (the rest).

    ``application`` and ``file`` are names, ``redacted`` says that secret or personal bytes were withheld.
    """

    sentence: str
    command_name: str | None = None
    application: str | None = None
    file: str | None = None
    sw: str | None = None
    sw_meaning: str | None = None
    redacted: bool = False

    def as_dict(self) -> dict[str, str | bool | None]:
        """The fields for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


class Explainer:
    """Explains a trace command by command and remembers what is selected.

    Total: any bytes have an explanation. Nothing secret or personal is in one: PIN bodies, and the content of
    the holder's files, appear as a number of bytes. Before ``reset`` is called the state of the card is unknown.
    """

    def __init__(self, *, lang: Lang = "en") -> None:
        self._lang = lang
        self._position = NOWHERE

    def reset(self) -> None:
        """The card was reset or powered on: the card manager is current."""
        self._position = AT_POWER_ON

    def command(self, raw: bytes) -> str:
        """The sentence of a command whose response is not known; it is taken to have succeeded."""
        return self.explain(raw).sentence

    def exchange(self, raw_command: bytes, raw_response: bytes) -> str:
        """The sentence of a command and its response."""
        return self.explain(raw_command, raw_response).sentence

    def explain(self, raw_command: bytes, raw_response: bytes | None = None) -> Explanation:
        """One command, or one exchange when a response is given, by its parts."""
        before = self._position
        try:
            command = Command.decode(raw_command)
        except CommandError as error:
            return self._not_a_command(raw_command, raw_response, error)
        told = _tell(command, before)
        text = told.text + remark(KNOWN_PROBES.get(bytes(raw_command), NOTHING)) + _class_remark(command)
        if raw_response is None:
            self._position = replace(told.after, failed_pin=None)
            return self._explanation(text, told, redacted=told.redacted)
        try:
            response = Response.decode(raw_response)
        except ResponseError:
            return self._explanation(text + _no_response(raw_response), told, redacted=told.redacted)
        self._follow(told, response.sw)
        said, withheld = _describe(told, response)
        sw_text = meaning(response.sw, told.role, position=before, file=told.file)
        answer = Text(f" → {said.en}{response.sw}: {sw_text.en}", f" → {said.ja}{response.sw}: {sw_text.ja}")
        return self._explanation(
            text + answer, told, redacted=told.redacted or withheld, sw=response.sw, sw_text=sw_text
        )

    def _follow(self, told: Told, sw: StatusWord) -> None:
        """Move to where the card stands now; a query and a wrong PIN select their file too."""
        agreed = sw.is_ok or sw.sw1 == _WARNING or sw.more_data is not None or sw.tries_left is not None
        place = told.after if agreed else self._after_refusal(told, sw)
        wrong = told.role is Role.VERIFY and sw.tries_left is not None
        self._position = replace(place, failed_pin=told.after.fid if wrong else None)

    def _after_refusal(self, told: Told, sw: StatusWord) -> Position:
        """Nothing moved; but of a file named by its short id and found, nobody knows whether it is current now."""
        here = self._position
        if told.role is Role.MANAGE and sw.value == _CHANNEL_CLOSED:
            return replace(here, channel_level=0)
        moved = told.after.application is here.application and told.after.fid != here.fid
        return replace(here, fid=None) if moved and sw.value in _FOUND else here

    def _explanation(
        self, text: Text, told: Told, *, redacted: bool, sw: StatusWord | None = None, sw_text: Text = NOTHING
    ) -> Explanation:
        application = told.after.application
        return Explanation(
            sentence=text.in_lang(self._lang),
            command_name=told.name,
            application=application.name(self._lang) if application else None,
            file=told.file.name(self._lang) if told.file else None,
            sw=str(sw) if sw is not None else None,
            sw_meaning=sw_text.in_lang(self._lang) or None,
            redacted=redacted,
        )

    def _not_a_command(self, raw: bytes, raw_response: bytes | None, error: CommandError) -> Explanation:
        text = Text(f"not a command APDU: {error}", f"コマンドAPDUではない ({len(raw)}バイト): {error}")
        if raw_response is None or len(raw_response) < 2:
            return Explanation(sentence=text.in_lang(self._lang), redacted=bool(raw))
        sw = Response.decode(raw_response).sw
        sw_text = meaning(sw)
        text += Text(f" → {sw}: {sw_text.en}", f" → {sw}: {sw_text.ja}")
        return Explanation(
            sentence=text.in_lang(self._lang), sw=str(sw), sw_meaning=sw_text.in_lang(self._lang), redacted=bool(raw)
        )


def explain(raw_command: bytes, raw_response: bytes | None = None, *, lang: Lang = "en") -> Explanation:
    """One command or one exchange on its own; the selected application and file are not known."""
    return Explainer(lang=lang).explain(raw_command, raw_response)


def explain_status(sw: StatusWord, command: bytes | None = None, *, lang: Lang = "en") -> str:
    """What a status word means, in the light of the command it answers when that is given."""
    role, file, position = Role.OTHER, None, NOWHERE
    if command is not None:
        try:
            told = _tell(Command.decode(command), NOWHERE)
        except CommandError:
            pass
        else:
            role, file, position = told.role, told.file, told.after
    return f"{sw}: {meaning(sw, role, position=position, file=file).in_lang(lang)}"


def _tell(command: Command, position: Position) -> Told:
    if command.cla == _READER_CLASS:
        return explain_reader(command, position)
    if command.cla == SECURED_CLASS:
        return explain_management(command, position)
    if command.cla & ~(_KIND | _CHAINING | _CHANNEL):
        return explain_other(command, position)
    handler: Handler = _HANDLERS.get((command.cla & _KIND, command.ins), explain_other)
    told = handler(command, position)
    # another channel has a state of its own; the card has only the basic one (measured: soltia48/myna-card)
    return replace(told, after=position) if command.cla & _CHANNEL else told


def _describe(told: Told, response: Response) -> tuple[Text, bool]:
    if not response.data:
        return NOTHING, False
    if told.answer is None:
        said, withheld = count(len(response.data)) + Text(", not shown", " (内容は表示しない)"), True
    else:
        said, withheld = told.answer(response.data)
    return said + Text("; ", "; "), withheld


def _class_remark(command: Command) -> Text:
    if command.cla in (_READER_CLASS, SECURED_CLASS):
        return NOTHING
    if command.cla & _FURTHER:
        return NOTHING
    if command.cla & _CHAINING:
        return remark(Text("a link of a command chain, not the last", "コマンドチェインの途中"))
    if command.cla & _SECURE:
        return remark(Text("secure messaging", "セキュアメッセージング"))
    if channel := command.cla & _CHANNEL:
        return remark(Text(f"logical channel {channel}", f"論理チャネル{channel}"))
    return NOTHING


def _no_response(raw: bytes) -> Text:
    size = count(len(raw))
    return Text(f" → not a response APDU: {size.en}", f" → レスポンスAPDUではない: {size.ja}")
