"""``mynalab lab``: the laboratory itself."""

from __future__ import annotations

from pathlib import Path

import click

from mynalab.cli.opening import open_lab
from mynalab.cli.options import Settings, shared_options
from mynalab.lab.paths import default_lab_directory
from mynalab.words import KIND_JA


@click.group(
    epilog="""\b
Examples:
  mynalab lab init mylab --seed classroom --now 2026-11-20
  mynalab lab show --lab mylab
  mynalab lab publish --lab mylab
"""
)
def command() -> None:
    """Make a lab, show what it is, publish its CRLs."""


@command.command(short_help="Make a lab in DIRECTORY: CAs, register, CRLs.")
@click.argument("directory", required=False, type=click.Path(path_type=Path, readable=False))
@click.option("--seed", help="Any word: the same word gives the same lab.  [default: a random one]")
@click.option("--fresh-keys", is_flag=True, help="Generate keys instead of taking the shipped public ones.")
@click.option(
    "--register",
    "register_url",
    metavar="URL",
    default="",
    help="Keep the register in this database, postgresql://…  [default: a SQLite file in the lab]",
)
@click.option(
    "--unsafe-production-names",
    is_flag=True,
    help="Certificates with the names and policies of the real hierarchy, for comparing bytes. Never let one out.",
)
@shared_options(lab=False)
def init(
    directory: Path | None,
    seed: str | None,
    fresh_keys: bool,
    register_url: str,
    unsafe_production_names: bool,
    settings: Settings,
) -> int:
    """Make a lab in DIRECTORY (default: the default lab): two CAs of three generations, an empty register, CRLs."""
    from mynalab.lab.create import create_lab

    target = directory or default_lab_directory()
    lab = create_lab(
        target,
        now=settings.clock(),
        seed=seed,
        fresh_keys=fresh_keys,
        unsafe_production_names=unsafe_production_names,
        register_url=register_url,
    )
    output = settings.output
    output.document({"lab": str(target), "seed": lab.settings.seed})
    output.say(
        f"made a lab in {target}, seed {lab.settings.seed}",
        f"ラボを {target} に作りました（シード {lab.settings.seed}）",
    )
    if unsafe_production_names:
        output.note(
            "its certificates carry production names: keep them in the lab",
            "証明書に本番の名称が入っています。ラボの外に出さないでください",
        )
    return 0


@command.command(short_help="Show where the lab is, its CAs and its cards.")
@shared_options()
def show(settings: Settings) -> int:
    """Show where the lab is, what it was made from, its CAs and its cards."""
    from mynalab.lab.authorities import authority_of
    from mynalab.lab.generations import standing_cas

    lab = open_lab(settings)
    output = settings.output
    cas = {ca: authority_of(lab, ca) for ca in standing_cas(lab)}
    cards = lab.paths.card_names()
    output.document(
        {
            "lab": str(lab.paths.root),
            "seed": lab.settings.seed,
            "created": lab.settings.created.isoformat(),
            "cas": {
                id_.label: {"serial": ca.serial, "key_id": ca.key_id.hex(), "not_after": ca.not_after.isoformat()}
                for id_, ca in cas.items()
            },
            "cards": cards,
        }
    )
    output.say(f"lab: {lab.paths.root}", f"ラボ: {lab.paths.root}")
    output.say(f"seed: {lab.settings.seed}", f"シード: {lab.settings.seed}")
    for id_, ca in cas.items():
        output.say(
            f"{id_.label} CA: serial {ca.serial}, key {ca.key_id.hex()}, until {ca.not_after:%Y-%m-%d}",
            f"{KIND_JA[id_.kind.value]}認証局（{id_.label}）: "
            f"シリアル {ca.serial}、鍵 {ca.key_id.hex()}、{ca.not_after:%Y-%m-%d} まで",
        )
    output.say(f"cards: {', '.join(cards) or 'none'}", f"カード: {', '.join(cards) or 'なし'}")
    return 0


@command.command()
@shared_options()
def publish(settings: Settings) -> int:
    """Publish both CRLs as of now, as the CAs do every day."""
    from mynalab.lab.publish import publish_crls

    lab = open_lab(settings)
    published = publish_crls(lab, now=settings.clock())
    settings.output.document({"crls": [str(path) for path in published]})
    for path in published:
        settings.output.say(f"published {path}", f"{path} を公開しました")
    return 0
