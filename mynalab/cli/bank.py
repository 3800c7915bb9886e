"""``mynalab bank``: the example relying party, with the operator and the authentication service that it uses."""

from __future__ import annotations

from pathlib import Path

import click

from mynalab.cli.options import Settings, shared_options
from mynalab.cli.serving import served_options, until_signal


@click.group(
    epilog="""\b
Examples:
  mynalab card new alice --persona adult-resident && mynalab bank serve
  mynalab bank serve --lang ja
"""
)
def command() -> None:
    """Be 見本銀行, a small relying party: account opening by a signature, log-in, revocation notices."""


@command.command(
    epilog="""\b
Examples:
  mynalab bank serve
  mynalab bank serve --port 0 --operator-port 0 --authapp-port 0 --json     any free ports; the first line has them
  mynalab bank serve --operator http://127.0.0.1:8781 --authapp http://127.0.0.1:8782
  mynalab bank serve --reader                                               the cards in PC/SC readers, too
"""
)
@served_options(8783)
@click.option("--operator-port", default=8781, show_default=True, type=click.IntRange(0, 65535))
@click.option("--authapp-port", default=8782, show_default=True, type=click.IntRange(0, 65535))
@click.option("--operator", "operator_url", default="", metavar="URL", help="Use the platform operator there.")
@click.option("--authapp", "app_url", default="", metavar="URL", help="Use the authentication service there.")
@click.option(
    "--operator-token",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The bank's token at that operator.  [default: that of this lab]",
)
@click.option("--reader", "with_readers", is_flag=True, help="Offer whatever cards are in PC/SC readers, too.")
@shared_options()
def serve(
    host: str,
    port: int,
    operator_port: int,
    authapp_port: int,
    operator_url: str,
    app_url: str,
    operator_token: Path | None,
    with_readers: bool,
    unsafe_any_address: bool,
    settings: Settings,
) -> int:
    """Serve the bank, the platform operator and the authentication service until Ctrl-C.

    Open the first address in a browser. The lab's clock counts, also while it is being set. What the bank keeps lies
    in bank/ of the lab.
    """
    from mynalab.bank.running import Places, running_bank
    from mynalab.cli.opening import ensure_any_card, open_lab
    from mynalab.web.server import check_address

    if unsafe_any_address:
        raise click.UsageError("the bank is for this machine alone: its visitors would use the lab's cards")
    check_address(host, unsafe_any_address=False)
    places = Places(
        host=host,
        port=port,
        operator_port=operator_port,
        app_port=authapp_port,
        operator_url=operator_url,
        app_url=app_url,
        operator_token=operator_token.read_text("ascii").strip() if operator_token else "",
    )
    lab = open_lab(settings)
    ensure_any_card(lab, settings)
    wait = until_signal()
    with running_bank(lab, places, clock=settings.clock, with_readers=with_readers) as running:
        told = {"url": running.url, "operator": running.operator_url, "authapp": running.app_url}
        settings.output.document(told, one_line=True)
        settings.output.say(f"serving {running.url}: 見本銀行", f"{running.url} で見本銀行を提供しています。")
        settings.output.say(
            f"  its platform operator: {running.operator_url}", f"  プラットフォーム事業者: {running.operator_url}"
        )
        settings.output.say(
            f"  its authentication service: {running.app_url}", f"  デジタル認証アプリのサービス: {running.app_url}"
        )
        settings.output.say("End with Ctrl-C.", "終了は Ctrl-C です。")
        wait()
    settings.output.say("The bank is closed.", "銀行を終了しました。")
    return 0
