"""INSTALL and LOAD: how packages and domains come onto the card. Nothing is there until the last command is done."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from apdu import globalplatform as gp
from apdu.command import Command
from apdu.errors import ApduError
from apdu.globalplatform import InstallForInstall, InstallForLoad, LoadFile
from apdu.layout import card_manager
from apdu.package import FileKind, Package
from apdu.response import Response
from apdu.scp03 import SecurityLevel
from apdu.status import StatusWord
from cardsim import sw
from cardsim.errors import StatusError
from cardsim.free_area.domain import DomainArea, PendingLoad, commit, free_area
from cardsim.free_area.state import DOMAIN_FOOTPRINT, Content, Domain, FreeArea, Instance, Loaded, Secret
from cardsim.symmetric import signature_is_right

if TYPE_CHECKING:
    from cardsim.runtime import Runtime

CONFIRMED = Response(StatusWord.OK, b"\x00")  # no receipt: GPCS clause 11.5.3.1


def install(runtime: Runtime, domain: DomainArea, command: Command) -> Response:
    """INSTALL: GPCS clause 11.5."""
    if command.p2 != 0:
        raise StatusError(sw.WRONG_P1P2)
    try:
        if command.p1 == gp.FOR_LOAD:
            return _for_load(runtime, domain, InstallForLoad.decode(command.data))
        if command.p1 == gp.FOR_INSTALL_AND_MAKE_SELECTABLE:
            return _for_install(runtime, domain, InstallForInstall.decode(command.data), selectable=True)
        if command.p1 == gp.FOR_INSTALL:
            return _for_install(runtime, domain, InstallForInstall.decode(command.data), selectable=False)
        if command.p1 == gp.FOR_MAKE_SELECTABLE:
            return _make_selectable(runtime, domain, InstallForInstall.decode(command.data).instance)
    except ApduError:
        raise StatusError(sw.WRONG_DATA) from None
    raise StatusError(sw.WRONG_P1P2)


def load(runtime: Runtime, domain: DomainArea, command: Command) -> Response:
    """LOAD: GPCS clause 11.6. A block out of order, or one too many for the memory, ends the loading."""
    pending, domain.load = domain.load, None
    if pending is None or command.p2 != pending.next_block & 0xFF:
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    if command.p1 not in (0, gp.LAST_BLOCK):
        raise StatusError(sw.WRONG_P1P2)
    pending.content += command.data
    pending.next_block += 1
    area = free_area(runtime)
    if len(pending.content) > area.free(domain.aid):
        raise StatusError(sw.NOT_ENOUGH_MEMORY)
    if command.p1 == gp.LAST_BLOCK:
        commit(runtime, _with_loaded(area, domain.aid, pending))
        return CONFIRMED
    domain.load = pending
    return CONFIRMED


def _for_load(runtime: Runtime, domain: DomainArea, request: InstallForLoad) -> Response:
    area = free_area(runtime)
    if request.domain not in (b"", domain.aid):
        raise StatusError(sw.OBJECT_NOT_FOUND)
    if area.holds(request.load_aid) or request.load_aid in runtime.image.applications:
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    if not area.domains[domain.aid].provider_key:
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    domain.load = PendingLoad(request.load_aid, request.digest)
    return CONFIRMED


def _with_loaded(area: FreeArea, domain: bytes, pending: PendingLoad) -> FreeArea:
    """The area with what was loaded: the digest announced, the provider's signature, the package for this domain."""
    try:
        file = LoadFile.decode(bytes(pending.content))
        package = file.package
    except ApduError:
        raise StatusError(sw.WRONG_DATA) from None
    if area.holds(package.load_aid):  # taken since it was announced
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    if hashlib.sha256(file.block).digest() != pending.digest or package.load_aid != pending.load_aid:
        raise StatusError(sw.WRONG_DATA)
    if not file.provider == package.provider == domain:
        raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED)
    if not signature_is_right(area.domains[domain].provider_key, file.block, file.signature):
        raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED)
    return replace(area, loaded={**area.loaded, package.load_aid: Loaded(block=file.block, domain=domain)})


def _for_install(runtime: Runtime, domain: DomainArea, request: InstallForInstall, *, selectable: bool) -> Response:
    area = free_area(runtime)
    if not 5 <= len(request.instance) <= 16:
        raise StatusError(sw.WRONG_DATA)
    if area.holds(request.instance) or request.instance in runtime.image.applications:
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    if request.load_aid == gp.DOMAIN_LOAD_FILE:
        commit(runtime, _with_domain(area, domain, request))
        return CONFIRMED
    loaded = area.loaded.get(request.load_aid)
    if loaded is None or loaded.domain != domain.aid or loaded.package.aid != request.module:
        raise StatusError(sw.OBJECT_NOT_FOUND)
    package = loaded.package
    if package.footprint > area.free(domain.aid):
        raise StatusError(sw.NOT_ENOUGH_MEMORY)
    if request.secrets and SecurityLevel.C_DECRYPTION not in domain.level:
        raise StatusError(sw.SECURITY_STATUS_NOT_SATISFIED)
    instance = Instance(
        aid=request.instance,
        load_aid=request.load_aid,
        domain=domain.aid,
        locked_by=b"" if selectable else domain.aid,
        secrets=_secrets(package, dict(request.secrets)),
        files={file.fid: _blank(file.kind, file.size, file.initial) for file in package.files},
    )
    commit(runtime, area.with_instance(instance))
    return CONFIRMED


def _with_domain(area: FreeArea, domain: DomainArea, request: InstallForInstall) -> FreeArea:
    """A new security domain, which only the issuer makes."""
    if domain.aid != card_manager.AID or request.module != gp.DOMAIN_MODULE:
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    if request.privileges[:1] != bytes((gp.SECURITY_DOMAIN_PRIVILEGE,)) or request.secrets:
        raise StatusError(sw.WRONG_DATA)
    if area.free(domain.aid) < DOMAIN_FOOTPRINT:
        raise StatusError(sw.NOT_ENOUGH_MEMORY)
    # Where the issuer's counter stands: a domain of this name and these keys may have been here before.
    sequence = area.domains[card_manager.AID].sequence
    return area.with_domain(Domain(aid=request.instance, sequence=sequence, memory=request.memory))


def _make_selectable(runtime: Runtime, domain: DomainArea, aid: bytes) -> Response:
    area = free_area(runtime)
    instance = area.instances.get(aid)
    if instance is None or instance.domain != domain.aid:
        raise StatusError(sw.OBJECT_NOT_FOUND)
    if instance.locked_by == card_manager.AID != domain.aid:
        raise StatusError(sw.CONDITIONS_NOT_SATISFIED)
    commit(runtime, area.with_instance(replace(instance, locked_by=b"")))
    return CONFIRMED


def _secrets(package: Package, values: dict[int, bytes]) -> dict[int, Secret]:
    """A secret without a value is blocked until somebody gives it one."""
    if values.keys() - {secret.reference for secret in package.secrets}:
        raise StatusError(sw.WRONG_DATA)
    secrets = {}
    for rule in package.secrets:
        value = values.get(rule.reference, b"")
        if value and not rule.accepts(value):
            raise StatusError(sw.WRONG_DATA)
        secrets[rule.reference] = Secret(value=value, tries_left=rule.tries if value else 0, limit=rule.tries)
    return secrets


def _blank(kind: FileKind, size: int, initial: bytes) -> Content:
    return Content(data=initial.ljust(size, b"\x00")) if kind is FileKind.TRANSPARENT else Content()
