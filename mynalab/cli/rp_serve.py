"""``mynalab rp serve`` and ``mynalab rp tenant``: the platform operator of the lab, and whom it verifies for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mynalab.cli.options import Settings, shared_options
from mynalab.cli.serving import served_options, until_signal

if TYPE_CHECKING:
    from mynalab.lab.operator import LabOperator
    from mynalab.operator_server.app import Adapter

_METHODS = ("crl", "ocsp", "both")
_EVIDENCE = ("whole", "digest", "none")
_ADAPTERS = ("mynumbercard-idp",)
_SENDERS = ("ID123=demo",)
database_option = click.option(
    "--database", metavar="URL", help="Keep tenants and users in PostgreSQL.  [default: in the lab's directory]"
)


@click.command(
    epilog="""\b
Examples:
  mynalab rp serve
  mynalab rp serve --port 0 --json                     any free port; the first line says which, and the demo token
  mynalab rp serve --check-method ocsp --database postgresql://me@localhost/operator
  mynalab rp serve --evidence digest --evidence-years 10   keep a hash of what was signed, and that for ten years
  mynalab rp serve --adapter mynumbercard-idp          for that identity provider: docs/adapter-mynumbercard-idp.md
  curl -s http://127.0.0.1:8781/openapi.json           what there is
"""
)
@served_options(8781)
@click.option(
    "--check-method", default="crl", show_default=True, type=click.Choice(_METHODS), help="Where a request names none."
)
@click.option(
    "--link-delay",
    default=0,
    show_default=True,
    type=click.IntRange(0, 1440),
    metavar="MINUTES",
    help="How old a certificate has to be before its links are known; of the real service 90 are told.",
)
@click.option(
    "--evidence",
    default="whole",
    show_default=True,
    type=click.Choice(_EVIDENCE),
    help="What to keep of a verification to verify it again: all, a hash of what was signed, or nothing.",
)
@click.option(
    "--evidence-years", default=7, show_default=True, type=click.IntRange(1, 100), help="How long verifications stay."
)
@click.option("--webhook", metavar="URL", help="Tell the tenant demo of revocations there; the answer has the secret.")
@click.option("--unsafe-any-webhook", is_flag=True, help="Allow webhooks to go to other machines.")
@click.option("--adapter", type=click.Choice(_ADAPTERS), help="Serve this interface of others' as well.")
@click.option(
    "--adapter-sender",
    multiple=True,
    metavar="ID=TENANT",
    help="Which tenant the adapter's client asks for, by what it calls itself.  [default: ID123=demo]",
)
@click.option(
    "--unsafe-bare-certificate", is_flag=True, help="Let the adapter take certificates that are not encrypted."
)
@database_option
@shared_options()
def serve(
    host: str,
    port: int,
    check_method: str,
    link_delay: int,
    evidence: str,
    evidence_years: int,
    webhook: str | None,
    unsafe_any_webhook: bool,
    adapter: str | None,
    adapter_sender: tuple[str, ...],
    unsafe_bare_certificate: bool,
    database: str | None,
    unsafe_any_address: bool,
    settings: Settings,
) -> int:
    """Serve the platform operator (署名検証者) until Ctrl-C; the lab's clock counts, also while it is being set.

    Its design is neutral and our own. The tenant "demo" is there from the start; its token lies in the lab.
    """
    from datetime import timedelta

    from jpki.rp.operator.records import CheckMethod, EvidenceContent
    from mynalab.cli.opening import open_lab
    from mynalab.lab.operator import DEMO_TENANT, LabOperator
    from mynalab.operator_server.app import operator_app
    from mynalab.operator_server.noticing import Noticer
    from mynalab.web.server import LoopbackServer, check_address

    if adapter is None and (adapter_sender or unsafe_bare_certificate):
        raise click.UsageError(f"--adapter-sender and --unsafe-bare-certificate want --adapter {_ADAPTERS[0]}")
    check_address(host, unsafe_any_address=unsafe_any_address)
    lab = open_lab(settings)
    wait = until_signal()
    with LabOperator(
        lab,
        database=database,
        method=CheckMethod(check_method),
        link_delay=timedelta(minutes=link_delay),
        evidence=EvidenceContent(evidence),
        keep_years=evidence_years,
    ) as operator:
        token = operator.demo(now=settings.clock())
        secret = None if webhook is None else _webhook(operator, webhook, settings, unsafe_any=unsafe_any_webhook)
        app = operator_app(
            operator,
            clock=settings.clock,
            adapters=_adapters(
                adapter, _senders(adapter_sender or _SENDERS, operator), unsafe_bare=unsafe_bare_certificate
            ),
            unsafe_any_host=unsafe_any_address,
            unsafe_any_webhook=unsafe_any_webhook,
        )
        with (
            LoopbackServer(app, host=host, port=port, unsafe_any_address=unsafe_any_address) as server,
            Noticer(operator, clock=settings.clock, unsafe_any=unsafe_any_webhook),
        ):
            told = {"url": server.url, "tenant": DEMO_TENANT, "token": token}
            settings.output.document(told | ({"webhook_secret": secret} if secret else {}), one_line=True)
            settings.output.say(
                f"serving {server.url}: the platform operator. End with Ctrl-C.",
                f"{server.url} でプラットフォーム事業者の API を提供しています。終了は Ctrl-C です。",
            )
            settings.output.say(
                f"the token of the tenant {DEMO_TENANT} is in {operator.token_path(DEMO_TENANT)}",
                f"テナント {DEMO_TENANT} のトークンは {operator.token_path(DEMO_TENANT)} にあります",
            )
            if adapter:
                settings.output.say(
                    f"{adapter}: {server.url}/verify/registration, login, replacement; key: {server.url}/key/jwks.json",
                    f"{adapter}: {server.url}/verify/registration、login、replacement。鍵: {server.url}/key/jwks.json",
                )
            if secret:
                settings.output.say(f"the webhook's secret: {secret}", f"Webhook の秘密鍵: {secret}")
            wait()
    settings.output.say("The operator is gone.", "プラットフォーム事業者を終了しました。")
    return 0


@click.group(
    epilog="""\b
Examples:
  mynalab rp tenant list
  mynalab rp tenant add bank
  mynalab rp tenant token bank                         a new one; the old one is good for nothing from then on
"""
)
def tenant() -> None:
    """Add and list the businesses that the lab's platform operator verifies for."""


@tenant.command("add")
@click.argument("name")
@database_option
@shared_options()
def add(name: str, database: str | None, settings: Settings) -> int:
    """Make the tenant NAME, and tell its token."""
    from mynalab.cli.opening import open_lab
    from mynalab.lab.operator import LabOperator

    with LabOperator(open_lab(settings), database=database) as operator:
        token = operator.add(name, now=settings.clock())
    _tell(name, token, settings)
    return 0


@tenant.command("token")
@click.argument("name")
@database_option
@shared_options()
def renew(name: str, database: str | None, settings: Settings) -> int:
    """Give the tenant NAME another token, and tell it."""
    from mynalab.cli.opening import open_lab
    from mynalab.lab.operator import LabOperator

    with LabOperator(open_lab(settings), database=database) as operator:
        token = operator.renew(name)
    _tell(name, token, settings)
    return 0


@tenant.command("list")
@database_option
@shared_options()
def list_tenants(database: str | None, settings: Settings) -> int:
    """List the tenants, and where their tokens lie."""
    from mynalab.cli.opening import open_lab
    from mynalab.lab.operator import LabOperator

    with LabOperator(open_lab(settings), database=database) as operator:
        operator.demo(now=settings.clock())
        found = [(one, operator.token_path(one.name)) for one in operator.tenants()]
    tenants = [
        {"name": one.name, "created_at": f"{one.created_at:%Y-%m-%dT%H:%M:%SZ}", "token_file": str(path)}
        for one, path in found
    ]
    settings.output.document({"tenants": tenants})
    for one, path in found:
        settings.output.say(f"{one.name}  {path}", f"{one.name}  {path}")
    return 0


def _adapters(name: str | None, senders: dict[str, str], *, unsafe_bare: bool) -> list[Adapter]:
    if name is None:
        return []
    from mynalab.adapters.mynumbercard_idp.routes import mynumbercard_idp

    return [mynumbercard_idp(senders, unsafe_bare=unsafe_bare)]


def _senders(pairs: tuple[str, ...], operator: LabOperator) -> dict[str, str]:
    """Each client's name with its tenant, which has to be there."""
    names = {one.name for one in operator.tenants()}
    senders: dict[str, str] = {}
    for pair in pairs:
        sender, _, name = pair.partition("=")
        if not sender or name not in names:
            raise click.BadParameter(
                f"{pair!r} is not ID=TENANT with a tenant of: {', '.join(sorted(names))}", param_hint="--adapter-sender"
            )
        if senders.setdefault(sender, name) != name:
            raise click.BadParameter(f"{sender!r} stands for two tenants", param_hint="--adapter-sender")
    return senders


def _webhook(operator: LabOperator, url: str, settings: Settings, *, unsafe_any: bool) -> str:
    """The secret of a webhook of the first tenant's, instead of one that it had for the same URL."""
    from base64 import b64encode

    from jpki.rp.operator.notices import add_webhook, remove_webhook
    from jpki.rp.operator.vocabulary import Refusal
    from mynalab.chance import system_random
    from mynalab.lab.operator import DEMO_TENANT
    from mynalab.operator_server.noticing import flaw_of_address

    flaw = flaw_of_address(url, unsafe_any=unsafe_any)
    if flaw is not None:
        raise click.BadParameter(flaw, param_hint="--webhook")
    desk = operator.desk(DEMO_TENANT)
    with desk.store.reading() as unit:
        old = unit.webhooks()
    for one in old:
        if one.url == url:
            remove_webhook(desk, one.id)
    added = add_webhook(desk, url, settings.clock(), system_random)
    if isinstance(added, Refusal):
        raise click.BadParameter(added.word.en.format_map(added.detail), param_hint="--webhook")
    return b64encode(added[1]).decode()


def _tell(name: str, token: str, settings: Settings) -> None:
    settings.output.document({"tenant": name, "token": token})
    settings.output.say(f"the token of {name}: {token}", f"{name} のトークン: {token}")
