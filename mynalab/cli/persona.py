"""``mynalab persona``: the people that cards are issued to."""

from __future__ import annotations

import click


@click.group()
def command() -> None:
    """List, show, make and generate the people that cards are issued to."""
