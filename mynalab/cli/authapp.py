"""``mynalab authapp``: the service of デジタル認証アプリ on this machine, and its clients."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import click

from mynalab.cli.options import Settings, shared_options
from mynalab.cli.serving import served_options, until_signal

_SCOPES = ("openid", "name", "address", "birthdate", "gender", "sign")


@click.group(
    epilog="""\b
Examples:
  mynalab authapp client add RP00000001 --redirect-uri http://127.0.0.1:8080/callback --generate-key rp-key.json
  mynalab authapp serve
  mynalab authapp serve --test-responses
"""
)
def command() -> None:
    """Be the Digital Authentication App's service (デジタル認証アプリ): an OpenID provider for the lab's cards."""


@command.command(
    epilog="""\b
Examples:
  mynalab authapp serve
  mynalab authapp serve --port 0 --json                 any free port; the first line says which
  mynalab authapp serve --reader                        offer the cards in PC/SC readers, too
  mynalab authapp serve --test-responses                for clients that were added with --test-responses
"""
)
@served_options(8782)
@click.option("--base-url", default="", metavar="URL", help="What the issuer begins with.  [default: where it listens]")
@click.option("--reader", "with_readers", is_flag=True, help="Offer whatever cards are in PC/SC readers, too.")
@click.option(
    "--test-responses", is_flag=True, help="Answer clients that want it by the test-response page, without a card."
)
@shared_options()
def serve(
    host: str,
    port: int,
    base_url: str,
    with_readers: bool,
    test_responses: bool,
    unsafe_any_address: bool,
    settings: Settings,
) -> int:
    """Serve the OpenID provider until Ctrl-C; the lab's clock counts, also while it is being set.

    Its paths are those of the real service: /api/realms/main/protocol/openid-connect/auth, token, userinfo, certs,
    and /api/sign-transactions. /openapi.json describes the JSON endpoints.
    """
    from mynalab.authapp.app import authapp
    from mynalab.authapp.clients import read_registered
    from mynalab.cli.opening import ensure_any_card, open_lab
    from mynalab.web.server import LoopbackServer, check_address

    check_address(host, unsafe_any_address=unsafe_any_address)
    lab = open_lab(settings)
    ensure_any_card(lab, settings)
    app = authapp(
        lab,
        clock=settings.clock,
        base_url=base_url,
        test_responses=test_responses,
        with_readers=with_readers,
        unsafe_any_host=unsafe_any_address,
    )
    wait = until_signal()
    with LoopbackServer(app, host=host, port=port, unsafe_any_address=unsafe_any_address) as server:
        issuer = (base_url.rstrip("/") or server.url) + read_registered(lab).config.realm_path
        settings.output.document({"url": server.url, "issuer": issuer}, one_line=True)
        settings.output.say(
            f"serving {server.url}; the issuer is {issuer}. End with Ctrl-C.",
            f"{server.url} で提供しています。issuer は {issuer} です。終了は Ctrl-C です。",
        )
        wait()
    settings.output.say("The service is gone.", "サービスを終了しました。")
    return 0


@command.group()
def client() -> None:
    """Register relying parties, and list them."""


@client.command(
    "add",
    epilog="""\b
Examples:
  mynalab authapp client add RP00000001 --redirect-uri https://rp.example/callback --jwks public-keys.json
  mynalab authapp client add APACHE1 --redirect-uri http://127.0.0.1:8080/private/return --jwks public.pem
  mynalab authapp client add RP00000001 --redirect-uri http://127.0.0.1:8080/callback --generate-key rp-key.json
  mynalab authapp client add CI1 --redirect-uri http://127.0.0.1:1/cb --generate-key ci.json --test-responses
""",
)
@click.argument("client_id")
@click.option("--redirect-uri", "redirect_uris", multiple=True, required=True, metavar="URI", help="Exactly as sent.")
@click.option(
    "--jwks", type=click.Path(path_type=Path), help="The client's public keys, RSA or P-256: a JWK Set or PEM."
)
@click.option(
    "--generate-key", type=click.Path(path_type=Path), help="Make an RSA key for it, private, in this new file."
)
@click.option("--name", default="", help="What the page calls it.  [default: the client_id]")
@click.option("--sector", default="", metavar="HOST", help="Clients of one sector are told the same sub.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(_SCOPES), help="What it may ask for.  [default: all]"
)
@click.option("--test-responses", is_flag=True, help="Its log-ins are answered by the test-response page.")
@shared_options()
def add(
    client_id: str,
    redirect_uris: tuple[str, ...],
    jwks: Path | None,
    generate_key: Path | None,
    name: str,
    sector: str,
    scopes: tuple[str, ...],
    test_responses: bool,
    settings: Settings,
) -> int:
    """Register the client CLIENT_ID (letters and digits), or replace it. A server that runs heeds it at once."""
    from mynalab.authapp.clients import SCOPES, new_key, read_jwks, register_client
    from mynalab.cli.opening import open_lab

    if (jwks is None) is (generate_key is None):
        raise click.UsageError("give the client's keys: either --jwks FILE or --generate-key FILE")
    lab = open_lab(settings)
    keys = new_key(generate_key) if generate_key is not None else read_jwks(Path(str(jwks)))
    with ExitStack() as undoing:
        if generate_key is not None:  # a key of nobody's would only stand in the way of the next try
            undoing.callback(generate_key.unlink, missing_ok=True)
        made = register_client(
            lab,
            client_id,
            redirect_uris=redirect_uris,
            jwks=keys,
            name=name,
            sector=sector,
            scopes=tuple(each for each in SCOPES if each in (*scopes, "openid")) if scopes else SCOPES,
            test_responses=test_responses,
        )
        undoing.pop_all()
    settings.output.document({"client_id": made.client_id, "name": made.name, "sector": made.sector})
    settings.output.say(f"registered {made.client_id}", f"{made.client_id} を登録しました")
    if generate_key is not None:
        settings.output.note(f"its private key is in {generate_key}", f"秘密鍵は {generate_key} にあります")
    return 0


@client.command(
    "list",
    epilog="""\b
Examples:
  mynalab authapp client list
  mynalab authapp client list --json
""",
)
@shared_options()
def list_(settings: Settings) -> int:
    """Say who is registered, and where their log-ins go."""
    from mynalab.authapp.clients import read_registered
    from mynalab.cli.opening import open_lab

    clients = read_registered(open_lab(settings)).clients
    rows = [
        {
            "client_id": one.client_id,
            "name": one.name,
            "redirect_uris": list(one.redirect_uris),
            "sector": one.sector,
            "scopes": list(one.scopes),
            "test_responses": one.test_responses,
        }
        for one in clients.values()
    ]
    settings.output.document({"clients": rows})
    for row in rows:
        line = f"{row['client_id']}  {row['name']}  {json.dumps(row['redirect_uris'])}"
        settings.output.say(line, line)
    if not rows:
        settings.output.say(
            "nobody is registered; add one: mynalab authapp client add",
            "登録されていません。追加するには: mynalab authapp client add",
        )
    return 0
