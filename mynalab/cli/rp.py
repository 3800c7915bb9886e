"""``mynalab rp``: a relying party of many customers. Each command lives in a module of its own and is added here."""

from __future__ import annotations

import click

from mynalab.cli.rp_bulk import check_status, recheck_evidence


@click.group(
    epilog="""\b
Examples:
  mynalab rp check-status certificates.pem
  mynalab rp recheck-evidence records/
"""
)
def command() -> None:
    """Be a relying party: ask how a nation's certificates stand, verify stored evidence again."""


command.add_command(check_status)
command.add_command(recheck_evidence)
