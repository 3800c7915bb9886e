"""How verdicts are told to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mynalab.cli.faults import tell_struck, with_struck
from mynalab.cli.output import Output

if TYPE_CHECKING:
    from apdu.faults.engine import FaultEngine
    from jpki.client.errors import PinBlockedError, WrongPinError
    from jpki.verify.procedure import Verdict


_WRONG_JA = "ロックされると、市区町村の窓口でしか解除できません"
_BLOCKED_JA = "市区町村の窓口で再設定します。ラボのカードなら、新しく作ってください: mynalab card new NAME"


def show_verdict(verdict: Verdict, output: Output) -> None:
    """The certificate that was accepted, or each finding with its step and code; then the list that was asked."""
    if verdict.certificate is not None:
        binding = verdict.certificate.binding
        serial, key = binding.serial, binding.issuer_key_id.hex()
        until = f"{verdict.certificate.not_after:%Y-%m-%d}"
        output.say(
            f"  certificate {serial}, valid until {until}, issued by the key {key}",
            f"  証明書 {serial}（{until} まで有効）、発行者の鍵 {key}",
        )
    for finding in verdict.findings:
        output.say(
            f"  step {int(finding.step)}, {finding.code}: {finding.message_in('en')}",
            f"  手順 {int(finding.step)}、{finding.code}: {finding.message_in('ja')}",
        )
    if (status := verdict.revocation) is not None:
        moment = f"{status.this_update:%Y-%m-%d %H:%M:%SZ}"
        entry = "nothing" if status.entry is None else f"serial {status.entry.serial}"
        entry_ja = "該当なし" if status.entry is None else f"シリアル {status.entry.serial}"
        output.say(
            f"  {status.evidence} of {moment} lists: {entry}",
            f"  {status.evidence}（{moment}）の該当項目: {entry_ja}",
        )


def no_answer(error: WrongPinError | PinBlockedError, output: Output, engine: FaultEngine | None) -> None:
    """The card did not sign, because of its PIN. For machines, the form is the one that README.md shows."""
    left = getattr(error, "tries_left", 0)
    refusal = {"ok": False, "findings": [], "card": {"error": type(error).__name__, "tries_left": left}}
    output.document(with_struck(refusal, engine))
    how_many = "" if left is None else f"（残り {left} 回）"
    output.say(str(error), f"暗証番号が受け付けられませんでした{how_many}", colour="red", bold=True)
    if error.hint:
        output.say(f"  {error.hint}", f"  {_BLOCKED_JA if left == 0 else _WRONG_JA}")
    tell_struck(engine, output)
