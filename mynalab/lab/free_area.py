"""The free area (空き領域) of a lab's cards: who holds which keys, and what the issuer does with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apdu import globalplatform as gp
from apdu.command import Command
from apdu.globalplatform import Entry, LoadFile
from apdu.layout import card_manager
from apdu.package import Package, SecretKind
from apdu.ports import Channel, RandomBytes
from apdu.response import Response
from apdu.scp03 import StaticKeys
from jpki.client.errors import PinFormatError
from jpki.client.session import PIN_FILE, PIN_LIMITS, CardSession
from jpki.issuer import keys
from jpki.issuer.errors import CardManagementError, NoFreeAreaError, PackageFileError
from jpki.issuer.manager import DomainSession, Resources
from jpki.issuer.package import compile_package, sign_package
from jpki.kinds import CaKind
from mynalab.chance import seeded_random
from mynalab.errors import AppError
from mynalab.lab.settings import LabSettings
from mynalab.resources import package_files

DEFAULT_PIN: Final = "1234"
"""Of an application with a PIN, unless the person who installs it says another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What is in the free area of a card, and the room that is left."""

    entries: tuple[Entry, ...]
    resources: Resources

    @property
    def applications(self) -> tuple[Entry, ...]:
        """Without the security domains."""
        return tuple(entry for entry in self.entries if not entry.is_domain)


def issuer_keys(settings: LabSettings, serial: str) -> StaticKeys:
    """The keys of the issuer's domain of one card."""
    return keys.static_keys(_secret(settings), serial, card_manager.AID)


def application_key(settings: LabSettings, package: Package, reference: int) -> bytes:
    """A key of an application, for its terminals."""
    return keys.application_key(_secret(settings), package.aid, reference)


def find_package(name: str) -> tuple[str, Path]:
    """A shipped package by its name, else the file of that path."""
    shipped = package_files().get(name)
    return (name, shipped) if shipped is not None else (Path(name).stem, Path(name))


def build_package(path: Path, settings: LabSettings) -> LoadFile:
    """The signed package of a description in TOML, or of a file that was built before."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PackageFileError(
            f"{path} cannot be read: {error.strerror}",
            hint=f"name a file, or a shipped package: {', '.join(package_files())}",
        ) from error
    if path.suffix != ".toml":
        return LoadFile.decode(raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise PackageFileError(f"{path} is not in UTF-8", hint="save it as UTF-8") from error
    package = compile_package(text, origin=str(path))
    return sign_package(package, keys.provider_key(_secret(settings), package.provider))


class FreeAreaDesk:
    """The issuer at work on one card, over any Channel; the card must be the lab's own."""

    def __init__(self, settings: LabSettings, channel: Channel, *, rng: RandomBytes) -> None:
        self._secret = _secret(settings)
        self._channel = channel
        self._rng = rng
        self._serial = _serial(channel)

    def inventory(self) -> Inventory:
        """List what there is."""
        issuer = self._issuer()
        return Inventory(entries=issuer.entries(), resources=issuer.resources())

    def install(self, file: LoadFile, *, pin: str = DEFAULT_PIN) -> None:
        """Make the provider's domain where it is missing, load the package, install its application.

        What an attempt that was cut short left behind is cleared away first, and nothing is left of one that is
        refused.
        """
        package = file.package
        if package.aid in {entry.aid for entry in self._issuer().entries()}:
            raise AppError(
                f"{package.label} is on the card already",
                hint=f"remove it first: mynalab app remove {package.aid.hex().upper()}",
            )
        values = self._values(package, pin)
        try:
            self._install(file, values)
        except CardManagementError:
            self._sweep(package.load_aid, package.provider)
            raise

    def _install(self, file: LoadFile, values: dict[int, bytes]) -> None:
        package = file.package
        domain = self._domain(package.provider)
        if package.load_aid in {entry.aid for entry in domain.entries(gp.LOAD_FILES)}:
            domain.delete(package.load_aid, related=True)
        domain.put_provider_key(keys.public_point(keys.provider_key(self._secret, package.provider)))
        domain.load(file)
        domain.install(file, secrets=values)

    def remove(self, aid: bytes) -> None:
        """Delete an application with its package, and its provider's domain when nothing else is in it."""
        issuer = self._issuer()
        entry = next((entry for entry in issuer.entries() if entry.aid == aid and not entry.is_domain), None)
        if entry is None:
            raise AppError(f"there is no application {aid.hex().upper()} on the card", hint="see: mynalab app list")
        self._sweep(entry.load_aid, entry.domain)

    def unblock(self, kind: CaKind, *, new_pin: str | None = None) -> None:
        """Give the tries of a JPKI PIN back, and a new PIN if told so: what the municipal counter does."""
        value = None if new_pin is None else new_pin.encode()
        if value is not None and not PIN_LIMITS[kind].accepts(value):
            raise PinFormatError(
                f"that cannot be the {kind.value} PIN, so the card was not asked",
                kind=kind,
                hint="auth: four digits; sign: six to sixteen letters A-Z and digits",
            )
        home = CardSession.open(self._channel).application.aid
        self._issuer().unblock(home, PIN_FILE[kind], new_value=value)

    def _sweep(self, load_aid: bytes, provider: bytes) -> None:
        """Delete a package with its application, and its provider's domain when nothing else is in it."""
        issuer = self._issuer()
        if load_aid in {entry.aid for entry in issuer.entries(gp.LOAD_FILES)}:
            issuer.delete(load_aid, related=True)
        left = (*issuer.entries(), *issuer.entries(gp.LOAD_FILES))
        if provider in {entry.aid for entry in left} and provider not in {entry.domain for entry in left}:
            issuer.delete(provider)

    def _issuer(self) -> DomainSession:
        return self._open(card_manager.AID, card_manager.AID)

    def _open(self, domain: bytes, whose_keys: bytes) -> DomainSession:
        static = keys.static_keys(self._secret, self._serial, whose_keys)
        return DomainSession.open(self._channel, keys=static, rng=self._rng, domain=domain)

    def _domain(self, aid: bytes) -> DomainSession:
        issuer = self._issuer()
        entry = next((entry for entry in issuer.entries() if entry.aid == aid and entry.is_domain), None)
        if entry is None:
            issuer.create_domain(aid)
        if entry is None or entry.state != gp.PERSONALIZED:
            # Without keys of its own, a domain opens with the issuer's.
            own = keys.static_keys(self._secret, self._serial, aid)
            self._open(aid, card_manager.AID).put_keys(gp.KEY_VERSION, own)
        return self._open(aid, aid)

    def _values(self, package: Package, pin: str) -> dict[int, bytes]:
        values = {}
        for secret in package.secrets:
            if secret.kind is SecretKind.PIN:
                values[secret.reference] = pin.encode()
                if not secret.accepts(pin.encode()):
                    raise AppError(
                        f"the PIN {secret.name!r} has {secret.shortest} to {secret.longest} digits",
                        hint="give one that fits: --pin",
                    )
            else:
                values[secret.reference] = keys.application_key(self._secret, package.aid, secret.reference)
        return values


def _secret(settings: LabSettings) -> bytes:
    return seeded_random(settings.seed, "free-area")(32)


def _serial(channel: Channel) -> str:
    """The card's number, out of its CIN: the keys of each card are its own."""
    for command in (
        Command(cla=0x00, ins=0xA4, p1=0x04, p2=0x0C, data=card_manager.AID),
        Command(cla=0x00, ins=0xCA, p1=0x00, p2=card_manager.CIN, ne=256),
    ):
        answer = Response.decode(channel.transmit(command.encode()))
        if not answer.sw.is_ok:
            raise NoFreeAreaError(
                f"the card does not tell its number ({answer.sw})",
                hint="is it a plastic card of the lab, and not terminated? see: mynalab card show NAME",
            )
    return answer.data.decode("ascii", errors="replace")
