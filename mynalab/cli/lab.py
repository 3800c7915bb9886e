"""``mynalab lab``: the laboratory itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mynalab.cli.opening import open_lab
from mynalab.cli.options import Settings, shared_options
from mynalab.lab.paths import default_lab_directory
from mynalab.lab.settings import TokenPlace
from mynalab.words import KIND_JA

if TYPE_CHECKING:
    from mynalab.lab.generations import LabCa
    from mynalab.lab.lab import Lab
    from mynalab.lab.tokens import KeyPlace


@click.group(
    epilog="""\b
Examples:
  mynalab lab init mylab --seed classroom --now 2026-11-20
  mynalab lab init tokenlab --pkcs11-module /usr/lib/softhsm/libsofthsm2.so --pkcs11-token cas
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
    help="Keep the register in this database, postgresql://…  [default: a SQLite file in the lab]",
)
@click.option(
    "--unsafe-production-names",
    is_flag=True,
    help="Certificates with the names and policies of the real hierarchy, for comparing bytes. Never let one out.",
)
@click.option(
    "--pkcs11-module",
    metavar="FILE",
    help="Make the CAs' keys on a PKCS #11 token: its module. The PIN: MYNALAB_PKCS11_PIN, or asked for.",
)
@click.option("--pkcs11-token", metavar="LABEL", help="The label of that token.")
@shared_options(lab=False)
def init(
    directory: Path | None,
    seed: str | None,
    fresh_keys: bool,
    register_url: str | None,
    unsafe_production_names: bool,
    pkcs11_module: str | None,
    pkcs11_token: str | None,
    settings: Settings,
) -> int:
    """Make a lab in DIRECTORY (default: the default lab): two CAs of three generations, an empty register, CRLs."""
    from mynalab.lab.create import create_lab

    if register_url == "":
        raise click.UsageError("--register wants the URL of a database", click.get_current_context())
    target = directory or default_lab_directory()
    lab = create_lab(
        target,
        now=settings.clock(),
        seed=seed,
        fresh_keys=fresh_keys,
        unsafe_production_names=unsafe_production_names,
        register_url=register_url or "",
        token=_token(pkcs11_module, pkcs11_token),
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


def _token(module: str | None, label: str | None) -> TokenPlace | None:
    """The token that both options name together."""
    if module is None and label is None:
        return None
    if module is None or label is None:
        raise click.UsageError("--pkcs11-module and --pkcs11-token go together", click.get_current_context())
    try:
        # A name without a directory is looked for where the system has its libraries.
        return TokenPlace(module=str(Path(module).absolute()) if "/" in module else module, label=label)
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from error


def _places(lab: Lab, cas: Iterable[LabCa]) -> dict[LabCa, KeyPlace | None]:
    """Which keys are on a token. Those in the lab's directory are read: they have to fit."""
    from mynalab.lab.authorities import authority_of
    from mynalab.lab.tokens import KeyPlace

    places: dict[LabCa, KeyPlace | None] = {}
    for ca in cas:
        path = lab.paths.ca_token(ca.label)
        places[ca] = KeyPlace.read(path) if path.exists() else None
        if places[ca] is None:
            authority_of(lab, ca)
    return places


def _key_document(lab: Lab, ca: LabCa, place: KeyPlace | None) -> dict[str, str]:
    if place is None:
        return {"in": "directory", "file": str(lab.paths.ca_key(ca.label))}
    return {
        "in": "token",
        "module": place.token.module,
        "token": place.token.label,
        "label": place.key.label,
        "id": place.key.id.hex(),
    }


@command.command(short_help="Show where the lab is, its CAs and its cards.")
@shared_options()
def show(settings: Settings) -> int:
    """Show where the lab is, what it was made from, its CAs, where their keys are, and its cards."""
    from mynalab.lab.generations import standing_cas
    from mynalab.lab.register import shown_place

    lab = open_lab(settings)
    output = settings.output
    places = _places(lab, standing_cas(lab))
    cards = lab.paths.card_names()
    output.document(
        {
            "lab": str(lab.paths.root),
            "seed": lab.settings.seed,
            "created": lab.settings.created.isoformat(),
            "register": shown_place(lab),
            "cas": {
                ca.label: {
                    "serial": ca.serial,
                    "key_id": ca.key_id.hex(),
                    "not_after": ca.not_after.isoformat(),
                    "key": _key_document(lab, ca, place),
                }
                for ca, place in places.items()
            },
            "cards": cards,
        }
    )
    output.say(f"lab: {lab.paths.root}", f"ラボ: {lab.paths.root}")
    output.say(f"seed: {lab.settings.seed}", f"シード: {lab.settings.seed}")
    output.say(f"register: {shown_place(lab)}", f"登録簿: {shown_place(lab)}")
    for ca, place in places.items():
        where = f"on the token {place.token.label}" if place else f"in {lab.paths.ca_key(ca.label)}"
        where_ja = f"トークン {place.token.label}" if place else str(lab.paths.ca_key(ca.label))
        output.say(
            f"{ca.label} CA: serial {ca.serial}, key {ca.key_id.hex()}, until {ca.not_after:%Y-%m-%d}, {where}",
            f"{KIND_JA[ca.kind.value]}認証局（{ca.label}）: "
            f"シリアル {ca.serial}、鍵 {ca.key_id.hex()}、{ca.not_after:%Y-%m-%d} まで、鍵の場所: {where_ja}",
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
