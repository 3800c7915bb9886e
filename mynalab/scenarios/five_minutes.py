"""The five-minute story: a card is issued, used, reported lost and refused; then its PIN is blocked for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apdu.explain import Explainer
from cardsim.card import VirtualCard
from jpki.client.errors import PinBlockedError, WrongPinError
from jpki.client.session import CardSession
from jpki.kinds import CaKind
from jpki.reasons import RevocationReason
from mynalab.cli.output import Output
from mynalab.cli.verdicts import show_verdict
from mynalab.clock import Clock
from mynalab.errors import LabError
from mynalab.lab.authorities import KINDS
from mynalab.lab.cards import open_card
from mynalab.lab.face import write_faces
from mynalab.lab.issue import issue_card
from mynalab.lab.lab import Lab
from mynalab.lab.relying_party import log_in, sign_contract
from mynalab.lab.revoke import revoke_card
from mynalab.persona import Persona
from readers.inprocess import InProcessChannel

CONTRACT = "本契約書により、見本　花子は見本銀行に口座を開設することに同意します。\n"
_WRONG_PIN = {"0000": "9999"}


@dataclass(slots=True)
class Story:
    """The state of one telling. ``facts`` is what a machine gets to read of it, step by step."""

    lab: Lab
    persona: Persona
    output: Output
    clock: Clock
    show_programs: Callable[[Lab, str, Output], list[str]]
    pictures: Path | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def card_name(self) -> str:
        """The card is called after the persona."""
        return self.persona.name

    def tell(self) -> dict[str, Any]:
        """Tell it from beginning to end; ``LabError`` when it does not end as it has to."""
        chapters = (
            (self.issue, "Her card is issued", "カードを発行します"),
            (self.look, "What a PC/SC program sees", "PC/SC プログラムから見たカード"),
            (self.log_in, "She logs in", "ログインします"),
            (self.sign, "She signs a contract", "契約書に署名します"),
            (self.lose, "She loses the card and reports it", "カードをなくし、届け出ます"),
            (self.be_refused, "The next log-in is refused", "次のログインは拒否されます"),
            (self.block, "A finder tries three PINs", "拾った人が暗証番号を三回試します"),
        )
        for number, (chapter, english, japanese) in enumerate(chapters, start=1):
            self.output.say("", "")
            self.output.say(f"{number}. {english}", f"{number}. {japanese}", bold=True, colour="cyan")
            chapter()
        return self.facts

    def issue(self) -> None:
        """Register, certify, personalise."""
        issued = issue_card(self.lab, name=self.card_name, persona=self.persona, now=self.clock())
        self.facts["issued"] = {"card": issued.name, "serial": issued.card_serial, "certificates": issued.serials}
        self._say(
            f"{self.persona.full_name} gets the card number {issued.card_serial}.",
            f"{self.persona.full_name} さんのカード、製造番号は {issued.card_serial} です。",
        )
        self._say(
            f"The signing CA signed certificate {issued.serials['sign']}, "
            f"the user-authentication CA {issued.serials['auth']}.",
            f"署名用認証局が証明書 {issued.serials['sign']} を、"
            f"利用者証明用認証局が証明書 {issued.serials['auth']} を発行しました。",
        )

        if self.pictures is not None:
            files = write_faces(self.lab, self.card_name, self.pictures, formats=("svg",))
            self.facts["pictures"] = [str(path) for path in files]
            self._say(f"Her card looks like this: {files[0]}", f"カードの券面はこちらです: {files[0]}")

    def look(self) -> None:
        """The bytes of a client's first questions, then real programs where there are some."""
        explainer = Explainer(lang="ja" if self.output.language == "ja" else "en")
        card = open_card(self.lab.paths, self.card_name)
        try:
            self._say(f"ATR {card.atr.hex(' ').upper()}", f"ATR {card.atr.hex(' ').upper()}")
            self._say_exchanges(card, explainer)
            with InProcessChannel(card) as channel:
                session = CardSession.open(channel)
                label = session.token_information().label
                self._say(f"token {label}", f"トークン {label}")
        finally:
            card.close()
        self.facts["programs"] = self.show_programs(self.lab, self.card_name, self.output)

    def _say_exchanges(self, card: VirtualCard, explainer: Explainer) -> None:
        """What OpenSC sends first (measured: OpenSC card-jpki.c, pkcs15-jpki.c), with what the card answers."""
        for command in ("00A4040C0AD392F000260100000001", "00A4020C020018", "00200080", "00A4020C02000A", "00B0000004"):
            raw = bytes.fromhex(command)
            answer = card.process(raw)
            self._say(f"> {command}  < {answer.hex().upper()}", f"> {command}  < {answer.hex().upper()}")
            sentence = explainer.exchange(raw, answer)
            self._say(f"    {sentence}", f"    {sentence}")

    def log_in(self) -> None:
        """The relying party accepts her."""
        self._require(ok=self._log_in(), accepted=True)

    def sign(self) -> None:
        """The relying party accepts her signature and reads her four attributes from the certificate."""
        with self._channel() as channel:
            result = sign_contract(self.lab, channel, self.persona.signature_pin, CONTRACT, now=self.clock())
        self.facts["signature"] = result.as_dict()
        self._say(CONTRACT.strip(), CONTRACT.strip())
        show_verdict(result.verdict, self.output)
        if result.attributes is None:
            raise LabError("the signature was refused: this story must not end so", hint="please report it")
        attributes = result.attributes
        self._say(
            f"signed by {attributes.name}, {attributes.address}",
            f"署名者 {attributes.name}、{attributes.address}",
        )

    def lose(self) -> None:
        """The call centre puts both certificates on hold."""
        revoked = revoke_card(
            self.lab, self.card_name, kinds=KINDS, reason=RevocationReason.CERTIFICATE_HOLD, now=self.clock()
        )
        self.facts["revoked"] = [{"ca": one.kind.value, "serial": one.serial} for one in revoked]
        for one in revoked:
            self._say(
                f"{one.crl.name} lists certificate {one.serial} now: certificateHold",
                f"{one.crl.name} に証明書 {one.serial} が載りました: certificateHold（一時保留）",
            )

    def be_refused(self) -> None:
        """The same card, the same PIN, another answer."""
        self._require(ok=self._log_in(), accepted=False)

    def block(self) -> None:
        """Three wrong PINs, and no restart brings one back."""
        wrong = _WRONG_PIN.get(self.persona.authentication_pin, "0000")
        for _ in range(3):
            self._say(*self._try(wrong))
        self._say(
            "The card is taken out, switched off and put in again.", "カードを抜き、電源を切り、もう一度挿入します。"
        )
        self._say(*self._try(self.persona.authentication_pin))
        with self._channel() as channel:
            left = CardSession.open(channel).tries_left(CaKind.AUTH)
        self.facts["tries_left"] = left
        if left:
            raise LabError("the PIN is not blocked: this story must not end so", hint="please report it")
        self._say("0 tries left: only an office can help now.", "残り 0 回です。役所の窓口でしか解除できません。")

    def _try(self, pin: str) -> tuple[str, str]:
        right = pin == self.persona.authentication_pin
        which, which_ja = ("the right PIN", "正しい暗証番号") if right else ("a wrong PIN", "誤った暗証番号")
        with self._channel() as channel:
            try:
                CardSession.open(channel).verify_pin(CaKind.AUTH, pin)
            except WrongPinError as error:
                return f"{which}: {error.tries_left} left", f"{which_ja}: 残り {error.tries_left} 回"
            except PinBlockedError:
                return f"{which}: blocked", f"{which_ja}: ロックされています"
        return f"{which}: accepted", f"{which_ja}: 受け付けられました"

    def _log_in(self) -> bool:
        with self._channel() as channel:
            result = log_in(self.lab, channel, self.persona.authentication_pin, now=self.clock())
        self.facts.setdefault("log_ins", []).append(result.as_dict())
        self.output.say(
            "  accepted" if result.ok else "  refused",
            "  受け入れられました" if result.ok else "  拒否されました",
            colour="green" if result.ok else "red",
        )
        show_verdict(result.verdict, self.output)
        return result.ok

    def _require(self, *, ok: bool, accepted: bool) -> None:
        if ok is not accepted:
            raise LabError("the relying party decided otherwise: this story must not end so", hint="please report it")

    def _channel(self) -> _CardInReader:
        return _CardInReader(self.lab, self.card_name)

    def _say(self, english: str, japanese: str) -> None:
        self.output.say(f"  {english}", f"  {japanese}")


class _CardInReader:
    """The card from its drawer into a reader and back: each time it is switched on afresh, from what is on disk."""

    def __init__(self, lab: Lab, name: str) -> None:
        self._card = open_card(lab.paths, name)

    def __enter__(self) -> InProcessChannel:
        return InProcessChannel(self._card)

    def __exit__(self, *_: object) -> None:
        self._card.power_off()
        self._card.close()
