"""``mynalab rp``: a relying party of many customers. Each command lives in a module of its own and is added here."""

from __future__ import annotations

import click


@click.group(
    epilog="""\b
Examples:
  mynalab rp --help
"""
)
def command() -> None:
    """Be a relying party: ask how a nation's certificates stand, verify stored evidence again."""
