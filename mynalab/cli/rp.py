"""``mynalab rp``: a relying party of many customers. Each command lives in a module of its own and is added here."""

from __future__ import annotations

import click

from mynalab.cli.rp_answer import answer
from mynalab.cli.rp_bulk import check_status, recheck_evidence
from mynalab.cli.rp_serve import serve, tenant


@click.group(
    epilog="""\b
Examples:
  mynalab rp check-status certificates.pem
  mynalab rp recheck-evidence records/
  mynalab rp serve
  mynalab rp tenant list
"""
)
def command() -> None:
    """Be a relying party: ask how a nation's certificates stand, verify stored evidence again.

    Or be the platform operator that verifies for many of them: serve, tenant.
    """


command.add_command(check_status)
command.add_command(recheck_evidence)
command.add_command(serve)
command.add_command(tenant)
command.add_command(answer)
