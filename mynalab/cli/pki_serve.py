"""``mynalab pki serve``: CRLs, CA certificates, OCSP and the counter over HTTP, on this machine."""

from __future__ import annotations

import click

from mynalab.cli.options import Settings, shared_options
from mynalab.cli.serving import served_options, until_signal


@click.command(
    epilog="""\b
Examples:
  mynalab pki serve
  mynalab pki serve --port 0 --json                     any free port; the first line says which
  mynalab pki serve --fault repository-down
  curl -s http://127.0.0.1:8780/                        what there is
  openssl ocsp -issuer auth-ca.pem -serial 12345 -url http://127.0.0.1:8780/ocsp/auth -noverify -text
"""
)
@served_options(8780)
@click.option("--hour", type=click.IntRange(0, 23), default=3, show_default=True, help="The CAs' hour, in Japan.")
@click.option("--no-counter", is_flag=True, help="Without the register's operations under /register.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help="Let this go wrong: a shipped plan's name, a fault in words, or a TOML file.",
)
@shared_options()
def serve(
    host: str,
    port: int,
    hour: int,
    no_counter: bool,
    faults: tuple[str, ...],
    unsafe_any_address: bool,
    settings: Settings,
) -> int:
    """Serve what the CAs publish, and OCSP, until Ctrl-C; the lab's clock counts, also while it is being set.

    POST /register/OPERATION does what `mynalab counter` does; /register/openapi.json describes it.
    """
    from mynalab.cli.opening import open_lab
    from mynalab.lab.counter import LabCounter
    from mynalab.lab.register import open_register
    from mynalab.lab.repository import lab_repository
    from mynalab.pki_faults import load_pki_plan
    from mynalab.pki_server.app import pki_app
    from mynalab.web.server import LoopbackServer, check_address

    check_address(host, unsafe_any_address=unsafe_any_address)
    lab = open_lab(settings)
    plan = load_pki_plan(faults) if faults else None
    wait = until_signal()
    with open_register(lab) as register:
        repository = lab_repository(lab, register, now=settings.clock(), crl_hour_jst=hour, faults=plan)
        app = pki_app(
            repository,
            clock=settings.clock,
            counter=None if no_counter else LabCounter(lab, register, shipped_personas_only=True),
            unsafe_any_host=unsafe_any_address,
        )
        with LoopbackServer(app, host=host, port=port, unsafe_any_address=unsafe_any_address) as server:
            settings.output.document({"url": server.url}, one_line=True)
            settings.output.say(
                f"serving {server.url}: CRLs, CA certificates, OCSP. End with Ctrl-C.",
                f"{server.url} で CRL・認証局証明書・OCSP を提供しています。終了は Ctrl-C です。",
            )
            wait()
    settings.output.say("The repository is gone.", "リポジトリを終了しました。")
    return 0
