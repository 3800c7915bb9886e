"""``mynalab counter``: what a municipal counter, the hot line and the holder's phone do to cards and certificates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from mynalab.cli.options import Settings, shared_options


class _Operations(click.Group):
    """One command for each row of the life-cycle table; imported when one of them is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        from mynalab.lab.counter_specs import SPECS

        return [spec.name for spec in SPECS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        from mynalab.lab.counter_specs import SPECS

        return next((_command(spec) for spec in SPECS if spec.name == cmd_name), None)


class _Kind(click.ParamType[str]):
    """The same check as over HTTP, for what a command line can carry."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self.name = kind.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The text as it is."""
        if not self._kind.fits(value):
            self.fail(f"{value!r} is no {self.name.lower()}: write it as 2027-04-01", param, ctx)
        return value


@click.group(
    cls=_Operations,
    epilog="""\b
Examples:
  mynalab counter move --card alice --address 東京都渋谷区架空町5丁目4番3号
  mynalab counter sign-anew --card alice               a new signing certificate after the move
  mynalab counter lose-card --card alice && mynalab counter find-card --card alice
  mynalab counter apply --persona child --new-card hana && mynalab counter issue --card hana
  mynalab counter enrol-phone --card alice             certificates for her phone: alice-phone

What each does to which certificate: docs/lifecycle.md. Relying parties see it when OCSP (every 15 minutes) and
the CRL (every night) say so: mynalab pki status --card alice
""",
)
def command() -> None:
    """Do what a municipal counter (市区町村の窓口) does: apply, issue, move, renew, lose, find, reissue, return …

    Operations that the life cycle does not allow change nothing and say why.
    """


def _command(spec: Any) -> click.Command:
    options: list[click.Parameter] = [
        click.Option(
            [f"--{argument.name.replace('_', '-')}", argument.name],
            help=f"{_sentence(argument.en)}",
            required=argument.required,
            type=click.Choice(list(argument.choices)) if argument.choices else _Kind(argument.kind),
        )
        for argument in spec.arguments
    ]

    @shared_options()
    def call(settings: Settings, **arguments: str | None) -> int:
        return _operate(spec.name, {name: value for name, value in arguments.items() if value is not None}, settings)

    call.__name__ = spec.name
    decorated: Callable[..., Any] = call
    return click.Command(
        spec.name,
        callback=decorated,
        params=[*options, *getattr(decorated, "__click_params__", [])[::-1]],
        help=f"{_sentence(spec.en)}\n\n{spec.ja}。",
        short_help=_sentence(spec.en),
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + "."


def _operate(name: str, arguments: Mapping[str, str], settings: Settings) -> int:
    from mynalab.cli.opening import ensure_card, open_lab
    from mynalab.lab.counter import LabCounter
    from mynalab.lab.register import open_register
    from mynalab.pki_server.counter import CounterRefusal

    lab = open_lab(settings)
    if "card" in arguments:
        ensure_card(lab, arguments["card"], settings)
    with open_register(lab) as register:
        answer = LabCounter(lab, register).operate(name, arguments, now=settings.clock())
    output = settings.output
    if isinstance(answer, CounterRefusal):
        output.document(
            {"operation": name, "refused": answer.code, "message": answer.message_en, "hint": answer.hint_en}
        )
        output.say(
            f"refused, {answer.code}: {answer.message_en}",
            f"受け付けられません（{answer.code}）: {answer.message_ja}",
            colour="red",
        )
        output.say(f"  {answer.hint_en}", f"  {answer.hint_ja}")
        return 1
    output.document(dict(answer))
    for english, japanese in _lines(answer):
        output.say(english, japanese)
    if "new_pin" in arguments:  # the persona still has the old one, which would cost a try
        output.say(
            "  it is a new one: give it to the other commands with --pin",
            "  暗証番号が変わりました。ほかのコマンドには --pin で指定してください",
        )
    return 0


def _lines(done: Mapping[str, Any]) -> list[tuple[str, str]]:
    from mynalab.words import KIND_JA

    lines = [
        (f"{done['operation']}: done for person {done['person']}", f"{done['operation']}: 完了（{done['person']}）")
    ]
    if done["card"]:
        lines.append((f"  new: {done['card']}", f"  新しいもの: {done['card']}"))
    lines += [
        (
            f"  {one['ca']} certificate {one['serial']}: {one['reason']}",
            f"  {KIND_JA[one['ca']]}電子証明書 {one['serial']}: {one['reason']}",
        )
        for one in done["revoked"]
    ]
    lines += [
        (
            f"  {one['ca']} certificate {one['serial']}: its hold is lifted",
            f"  {KIND_JA[one['ca']]}電子証明書 {one['serial']}: 一時保留を解除",
        )
        for one in done["released"]
    ]
    lines += [
        (
            f"  {one['ca']} certificate {one['serial']}: issued, valid until {one['not_after'][:10]}",
            f"  {KIND_JA[one['ca']]}電子証明書 {one['serial']}: 発行（{one['not_after'][:10]} まで）",
        )
        for one in done["issued"]
    ]
    if done["revoked"] or done["released"] or done["issued"]:
        seen = done["visible"]
        lines.append(
            (
                f"  relying parties see it in OCSP from {seen['ocsp']}, in the CRL from {seen['crl']}",
                f"  OCSP には {seen['ocsp']}、CRL には {seen['crl']} から反映されます",
            )
        )
    return lines
