"""Making a lab: beside its place first, moved there whole, so that no half-written lab is ever seen."""

from __future__ import annotations

import errno
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from jpki.algorithms import P_384, RSA_2048, KeyAlgorithm
from jpki.ca.authority import Authority
from jpki.registry.registry import Registry
from mynalab import keysource
from mynalab.chance import seeded_number, system_random
from mynalab.errors import LabExistsError
from mynalab.keysource import KeySource
from mynalab.lab.authorities import KINDS, create_authority
from mynalab.lab.files import refusals_explained, write_atomically
from mynalab.lab.generations import CaId
from mynalab.lab.lab import Lab
from mynalab.lab.paths import LabPaths
from mynalab.lab.publish import publish_authority, publish_crls
from mynalab.lab.settings import LabSettings


def create_lab(
    directory: Path,
    *,
    now: datetime,
    seed: str | None = None,
    fresh_keys: bool = False,
    unsafe_production_names: bool = False,
) -> Lab:
    """Make a lab with two CAs and an empty register in ``directory``, which must be empty or not exist.

    Without ``seed`` one is drawn. The same seed and ``now`` give the same bytes, unless ``fresh_keys``.
    """
    settings = LabSettings(
        seed=seed if seed is not None else system_random(8).hex(),
        created=now,
        fresh_keys=fresh_keys,
        unsafe_production_names=unsafe_production_names,
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
        shutil.rmtree(scratch, ignore_errors=True)
    return Lab(LabPaths(directory), settings)


def _move(scratch: Path, directory: Path) -> None:
    try:
        scratch.rename(directory)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        raise LabExistsError(f"another process made {directory} meanwhile", hint="use that lab: --lab") from error


def keys_of(settings: LabSettings, algorithm: KeyAlgorithm = RSA_2048) -> KeySource:
    """Where the keys of this lab come from."""
    if settings.fresh_keys:
        return keysource.fresh_keys(algorithm)
    return keysource.derived_keys(settings.seed) if algorithm is P_384 else keysource.pooled_keys(settings.seed)


def _fill(lab: Lab, now: datetime) -> None:
    for directory in (lab.paths.cards, lab.paths.public, lab.paths.ca_keys):
        directory.mkdir()
    registry = Registry.create(lab.paths.register)
    for kind in KINDS:
        make_authority(lab, CaId(kind), registry, now=now)
    publish_crls(lab, now=now)
    write_atomically(lab.paths.settings, lab.settings.to_toml().encode())


def make_authority(lab: Lab, ca: CaId, registry: Registry, *, now: datetime) -> Authority:
    """Bring a CA into being and publish its certificate, last: a CA without one is none yet."""
    # Serials start where a CA in use would be, not at 1 (of the published roots only the first generation has 1).
    first = 10_000 + seeded_number(lab.settings.seed, f"serial/{ca.kind.value}", 90_000)
    serial = registry.allocate_serial(ca.kind, now=now, at_least=first)
    key = keys_of(lab.settings, ca.algorithm)(ca.key_number)
    made = create_authority(lab.settings, ca, key=key, serial=serial)
    write_atomically(lab.paths.ca_key(ca.label), key, mode=0o600)
    publish_authority(lab, ca, made)
    return made
