"""Making a lab: beside its place first, moved there whole, so that no half-written lab is ever seen."""

from __future__ import annotations

import errno
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from mynalab.chance import system_random
from mynalab.errors import LabExistsError
from mynalab.lab.files import refusals_explained, write_atomically
from mynalab.lab.founding import found
from mynalab.lab.generations import FOUNDINGS, KINDS
from mynalab.lab.lab import Lab
from mynalab.lab.paths import LabPaths
from mynalab.lab.publish import publish_crls
from mynalab.lab.register import make_register
from mynalab.lab.settings import LabSettings, TokenPlace
from mynalab.lab.tokens import discard_key


def create_lab(
    directory: Path,
    *,
    now: datetime,
    seed: str | None = None,
    fresh_keys: bool = False,
    unsafe_production_names: bool = False,
    register_url: str = "",
    token: TokenPlace | None = None,
) -> Lab:
    """Make a lab with two CAs of three generations and an empty register in ``directory``, which must be empty or not
    exist. ``register_url`` names a database for the register, which must hold none yet; ``token`` a PKCS #11 token on
    which the keys of the CAs are made, and stay.

    Without ``seed`` one is drawn. The same seed and ``now`` give the same bytes, unless ``fresh_keys`` or ``token``.
    """
    settings = LabSettings(
        seed=seed if seed is not None else system_random(8).hex(),
        created=now,
        fresh_keys=fresh_keys,
        unsafe_production_names=unsafe_production_names,
        register_url=register_url,
        token=token,
    )
    directory = directory.absolute()
    with refusals_explained(directory):
        if directory.is_dir() and directory.samefile("."):
            raise LabExistsError(
                f"{directory} is where you stand, and a lab comes into being beside its place",
                hint="name a directory that is yet to be: mynalab lab init mylab",
            )
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise LabExistsError(f"{directory} is not empty", hint="choose another directory, or use that lab: --lab")
        directory.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        with refusals_explained(directory):
            _fill(Lab(LabPaths(scratch), settings), now)
            _move(scratch, directory)
    finally:
        _clear(LabPaths(scratch))
    return Lab(LabPaths(directory), settings)


def _clear(scratch: LabPaths) -> None:
    """Remove a lab that did not come to be; of one that did, nothing is left here."""
    for path in scratch.ca_keys.glob("*.token.toml"):
        discard_key(path)
    shutil.rmtree(scratch.root, ignore_errors=True)


def _move(scratch: Path, directory: Path) -> None:
    try:
        scratch.rename(directory)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        raise LabExistsError(f"another process made {directory} meanwhile", hint="use that lab: --lab") from error


def _fill(lab: Lab, now: datetime) -> None:
    for directory in (lab.paths.cards, lab.paths.public, lab.paths.ca_keys):
        directory.mkdir()
    with make_register(lab) as register:
        for founding in FOUNDINGS:
            for kind in KINDS:
                found(lab, founding, kind, register)
        publish_crls(lab, now=now, register=register)
    mode = 0o600 if lab.settings.register_url else 0o644  # the URL may hold a password
    write_atomically(lab.paths.settings, lab.settings.to_toml().encode(), mode=mode)
