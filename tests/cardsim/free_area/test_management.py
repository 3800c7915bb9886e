"""What the issuer and the domains may do, and what each of them may not."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from apdu import globalplatform as gp
from apdu.command import Command
from apdu.globalplatform import Entry, InstallForInstall, InstallForLoad, LoadFile
from apdu.layout import card_manager
from apdu.package import MAX_SECRETS, FileKind, FileRule, Package, SecretKind, SecretRule
from apdu.tlv import Tlv
from cardsim.free_area.state import DOMAIN_FOOTPRINT, MEMORY
from cardsim.image import decode_image, encode_image
from cardsim.store import MemoryStore
from jpki.issuer import keys
from jpki.issuer.errors import CardFullError, ChannelRefusedError, ManagementRefusedError, NoFreeAreaError
from jpki.issuer.package import sign_package

SECRET = b"the issuer's secret"  # of the bench in conftest.py
CITY = bytes.fromhex("F04D594E414C41420303")
SHOP = bytes.fromhex("F0AAAAAAAA")


def refused(sw: str):
    return pytest.raises(ManagementRefusedError, match=f"answered {sw} ")


def test_an_application_is_loaded_listed_and_selected(bench, ready) -> None:
    package = ready("residents-points")
    issuer = bench.issuer()
    assert issuer.entries(gp.ISSUER_DOMAIN) == (
        Entry(aid=card_manager.AID, state=gp.PERSONALIZED, domain=card_manager.AID, is_domain=True),
    )
    assert issuer.entries(gp.LOAD_FILES) == (Entry(aid=package.load_aid, state=gp.LOADED, domain=CITY),)
    assert issuer.entries()[1] == Entry(aid=package.aid, state=gp.SELECTABLE, domain=CITY, load_aid=package.load_aid)
    assert bench.terminal(package).value(1) == 0


def test_memory_is_accounted_for(bench, ready) -> None:
    package = ready("residents-points")
    assert bench.issuer().resources().free == MEMORY - DOMAIN_FOOTPRINT - len(package.encode()) - package.footprint


def test_deleting_gives_the_memory_back_and_forgets_everything(bench, ready, sign) -> None:
    package = ready("residents-points")
    bench.terminal(package, 1).credit(1, 500, transaction=b"12345678")
    bench.domain(CITY).delete(package.load_aid, related=True)
    assert bench.command(0x00, 0xA4, 0x04, 0x0C, package.aid) == "6A82"
    assert bench.issuer().resources().free == MEMORY - DOMAIN_FOOTPRINT
    bench.install(sign(package))
    assert bench.terminal(package).value(1) == 0


def test_a_package_with_an_application_stays_unless_both_go(bench, ready) -> None:
    package = ready("residents-points")
    with refused("6985"):
        bench.domain(CITY).delete(package.load_aid)
    bench.domain(CITY).delete(package.aid)
    bench.domain(CITY).delete(package.load_aid)
    assert bench.issuer().entries(gp.LOAD_FILES) == ()


def test_a_domain_goes_only_when_it_is_empty(bench, ready) -> None:
    package = ready("residents-points")
    with refused("6985"):
        bench.issuer().delete(CITY)
    bench.issuer().delete(package.load_aid, related=True)
    bench.issuer().delete(CITY)
    assert bench.issuer().resources().free == MEMORY


def test_the_issuers_domain_cannot_be_deleted(bench) -> None:
    with refused("6A88"):
        bench.issuer().delete(card_manager.AID)


@pytest.mark.parametrize("what", ["aid", "load_aid", "provider"])
def test_a_domain_cannot_touch_what_is_anothers(bench, ready, what: str) -> None:
    package = ready("residents-points")
    bench.new_domain(SHOP)
    with refused("6A88"):
        bench.domain(SHOP).delete(getattr(package, what), related=True)
    assert bench.terminal(package).value(1) == 0


def test_a_domain_sees_only_what_is_its_own(bench, ready) -> None:
    ready("residents-points")
    bench.new_domain(SHOP)
    session = bench.domain(SHOP)
    assert [entry.aid for entry in session.entries()] == [SHOP]
    assert session.entries(gp.LOAD_FILES) == ()
    assert session.resources().applications == 0


def test_a_domain_opens_with_its_own_keys_alone(bench, ready) -> None:
    ready("residents-points")
    bench.new_domain(SHOP)
    from jpki.issuer.manager import DomainSession

    for other in (card_manager.AID, SHOP):
        with pytest.raises(ChannelRefusedError):
            DomainSession.open(bench, keys=bench.keys(other), rng=bench.rng, domain=CITY)


def test_a_domain_makes_no_domains(bench) -> None:
    bench.new_domain(CITY)
    with refused("6985"):
        bench.domain(CITY).create_domain(SHOP)


def test_a_domain_cannot_lock_or_unblock_anothers(bench, ready) -> None:
    package = ready("library-card")
    bench.new_domain(SHOP)
    with refused("6A88"):
        bench.domain(SHOP).set_locked(package.aid, locked=True)
    with refused("6A88"):
        bench.domain(SHOP).unblock(package.aid, 1)
    with refused("6A88"):
        bench.domain(SHOP).unblock(bytes.fromhex("D392F000260100000001"), 0x18)


def test_only_its_provider_loads_a_package(bench, named, sign) -> None:
    bench.new_domain(SHOP)
    file = sign(named("residents-points"))
    session = bench.domain(SHOP)
    with refused("6A88"):
        session.load(file)
    package = file.package
    _announce(session, package.load_aid, SHOP, file)
    assert _load(session, file.encode()) == "6982"


def _announce(session, load_aid: bytes, domain: bytes, file: LoadFile, digest: bytes | None = None) -> None:
    request = InstallForLoad(load_aid=load_aid, domain=domain, digest=digest or hashlib.sha256(file.block).digest())
    session.send(Command(cla=0x80, ins=gp.INSTALL, p1=gp.FOR_LOAD, p2=0, data=request.encode(), ne=256))


def _load(session, content: bytes) -> str:
    blocks = [content[start : start + gp.BLOCK_SIZE] for start in range(0, len(content), gp.BLOCK_SIZE)]
    status = ""
    for number, block in enumerate(blocks):
        p1 = gp.LAST_BLOCK if number == len(blocks) - 1 else 0
        status = str(session.send(Command(cla=0x80, ins=gp.LOAD, p1=p1, p2=number, data=block, ne=256)).sw)
    return status


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda file: replace(file, signature=file.signature[:-1] + bytes((file.signature[-1] ^ 1,))), "6982"),
        (lambda file: replace(file, signature=b""), "6982"),
        (lambda file: replace(file, block=file.block[:-1] + b"\x00"), "6A80"),
        (lambda file: replace(file, provider=SHOP), "6982"),
        (lambda file: sign_package(file.package, keys.provider_key(b"another", CITY)), "6982"),
    ],
    ids=["signature", "no-signature", "content", "provider", "another-key"],
)
def test_a_package_that_was_touched_is_refused(bench, named, sign, change, status: str) -> None:
    bench.new_domain(CITY)
    file = sign(named("residents-points"))
    session = bench.domain(CITY)
    _announce(session, file.package.load_aid, CITY, file)
    assert _load(session, change(file).encode()) == status
    assert session.entries(gp.LOAD_FILES) == ()


def test_a_package_under_another_name_or_digest_is_refused(bench, named, sign) -> None:
    bench.new_domain(CITY)
    file = sign(named("residents-points"))
    session = bench.domain(CITY)
    _announce(session, b"\xf0BBBB", CITY, file)
    assert _load(session, file.encode()) == "6A80"
    _announce(session, file.package.load_aid, CITY, file, digest=bytes(32))
    assert _load(session, file.encode()) == "6A80"


def test_blocks_in_another_order_end_the_loading(bench, named, sign) -> None:
    bench.new_domain(CITY)
    file = sign(named("residents-points"))
    session = bench.domain(CITY)
    _announce(session, file.package.load_aid, CITY, file)
    content = file.encode()
    assert str(session.send(Command(cla=0x80, ins=gp.LOAD, p1=0, p2=1, data=content[:9], ne=256)).sw) == "6985"
    assert _load(session, content) == "6985"


def test_loading_without_an_announcement(bench) -> None:
    bench.new_domain(CITY)
    assert _load(bench.domain(CITY), b"\xc4\x00") == "6985"


def test_a_domain_without_a_providers_key_loads_nothing(bench, named, sign) -> None:
    bench.issuer().create_domain(CITY)
    from jpki.issuer.manager import DomainSession

    session = DomainSession.open(bench, keys=bench.keys(), rng=bench.rng, domain=CITY)
    with refused("6985"):
        session.load(sign(named("residents-points")))


def test_a_power_cut_while_loading_leaves_nothing(bench, named, sign) -> None:
    bench.new_domain(CITY)
    file = sign(named("residents-points"))
    session = bench.domain(CITY)
    _announce(session, file.package.load_aid, CITY, file)
    session.send(Command(cla=0x80, ins=gp.LOAD, p1=0, p2=0, data=file.encode()[:200], ne=256))
    again = bench.restarted()
    assert again.issuer().entries(gp.LOAD_FILES) == ()
    again.install(file)


def test_a_full_card_says_so_and_goes_on(bench, named, sign) -> None:
    package = named("residents-points")
    bench.new_domain(CITY)
    room = bench.issuer().resources().free
    too_big = Package(
        aid=package.aid,
        load_aid=package.load_aid,
        provider=CITY,
        label="too big",
        version=1,
        secrets=(),
        files=tuple(FileRule(fid=fid, kind=FileKind.TRANSPARENT, name="", size=4096) for fid in range(1, 5)),
    )
    with pytest.raises(CardFullError):
        bench.install(sign(too_big))
    bench.domain(CITY).delete(package.load_aid)
    assert bench.issuer().resources().free == room
    bench.install(sign(package))


def test_a_package_that_does_not_fit_while_loading(small_image, make_bench, named, sign) -> None:
    bench = make_bench(MemoryStore(small_image))
    package = named("residents-points")
    bench.new_domain(CITY, memory=100)
    with pytest.raises(CardFullError):
        bench.domain(CITY).load(sign(package))
    assert bench.issuer().entries(gp.LOAD_FILES) == ()


@pytest.fixture
def bench_with(free_image, make_bench):
    """A card whose free area has this many bytes."""

    def make(memory: int):
        area = replace(free_image.free_area, memory=memory)
        return make_bench(MemoryStore(replace(free_image, free_area=area)))

    return make


def exactly(package: Package) -> int:
    return DOMAIN_FOOTPRINT + len(package.encode()) + package.footprint


def test_the_last_byte_may_be_filled(bench_with, named, sign) -> None:
    package = named("residents-points")
    bench = bench_with(exactly(package))
    bench.new_domain(CITY)
    bench.install(sign(package))
    assert bench.issuer().resources().free == 0


def test_one_byte_too_few_is_too_few(bench_with, named, sign) -> None:
    package = named("residents-points")
    bench = bench_with(exactly(package) - 1)
    bench.new_domain(CITY)
    with pytest.raises(CardFullError):
        bench.install(sign(package))


def test_no_room_for_a_domain(free_image, make_bench) -> None:
    area = replace(free_image.free_area, memory=DOMAIN_FOOTPRINT - 1)
    with pytest.raises(CardFullError):
        make_bench(MemoryStore(replace(free_image, free_area=area))).issuer().create_domain(CITY)


def test_keys_are_changed_by_those_who_have_them(bench) -> None:
    bench.new_domain(CITY)
    fresh = keys.static_keys(b"fresh", "card", CITY)
    bench.domain(CITY).put_keys(0x31, fresh, replacing=gp.KEY_VERSION)
    from jpki.issuer.manager import DomainSession

    with pytest.raises(ChannelRefusedError):
        bench.domain(CITY)
    session = DomainSession.open(bench, keys=fresh, rng=bench.rng, domain=CITY)
    assert [entry.aid for entry in session.entries()] == [CITY]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x31",
        gp.encode_key_set(0x31, [gp.EncipheredKey(16, bytes(16), bytes(3))] * 3),
        gp.encode_key_set(0x31, [gp.EncipheredKey(16, bytes(15), bytes(3))] * 3),
        gp.encode_key_set(0x31, [gp.EncipheredKey(17, bytes(32), bytes(3))] * 3),
        gp.encode_key_set(0x31, [gp.EncipheredKey(16, bytes(16), bytes(3))] * 2),
    ],
    ids=["empty", "version", "check", "cut", "size", "two"],
)
def test_keys_that_are_none_change_nothing(bench, data: bytes) -> None:
    before = bench.issuer().entries(gp.ISSUER_DOMAIN)
    session = bench.issuer()
    sw = session.send(Command(cla=0x80, ins=gp.PUT_KEY, p1=0, p2=0x81, data=data, ne=256)).sw
    assert str(sw) == "6A80"
    assert bench.issuer().entries(gp.ISSUER_DOMAIN) == before


def test_a_provider_key_off_the_curve(bench) -> None:
    with refused("6A80"):
        bench.issuer().put_provider_key(b"\x04" + b"\x01" * 64)


def test_a_locked_application_is_not_found_until_it_is_unlocked(bench, ready) -> None:
    package = ready("residents-points")
    bench.domain(CITY).set_locked(package.aid, locked=True)
    assert bench.command(0x00, 0xA4, 0x04, 0x0C, package.aid) == "6A82"
    assert bench.issuer().entries()[1].state == gp.SELECTABLE | gp.LOCKED_BIT
    bench.issuer().set_locked(package.aid, locked=False)
    assert bench.terminal(package).value(1) == 0


def test_the_issuer_s_lock_is_the_issuer_s_to_open(bench, ready) -> None:
    """GPCS clauses 9.6 and 11.10: the provider, who may lock and unlock its own, cannot undo it."""
    package = ready("residents-points")
    bench.issuer().set_locked(package.aid, locked=True)
    with refused("6985"):
        bench.domain(CITY).set_locked(package.aid, locked=False)
    bench.domain(CITY).set_locked(package.aid, locked=True)  # nothing new, and it does not become the provider's
    with refused("6985"):
        bench.domain(CITY).set_locked(package.aid, locked=False)
    assert bench.command(0x00, 0xA4, 0x04, 0x0C, package.aid) == "6A82"
    bench.issuer().set_locked(package.aid, locked=False)
    assert bench.terminal(package).value(1) == 0


def test_making_selectable_does_not_undo_the_issuer_s_lock(bench, ready) -> None:
    package = ready("residents-points")
    bench.issuer().set_locked(package.aid, locked=True)
    request = InstallForInstall(load_aid=b"", module=b"", instance=package.aid).encode()
    command = Command(cla=0x80, ins=gp.INSTALL, p1=gp.FOR_MAKE_SELECTABLE, p2=0, data=request, ne=256)
    assert str(bench.domain(CITY).send(command).sw) == "6985"
    assert bench.command(0x00, 0xA4, 0x04, 0x0C, package.aid) == "6A82"


def test_the_issuer_s_lock_outlasts_a_power_cut(bench, ready, make_bench) -> None:
    package = ready("residents-points")
    bench.issuer().set_locked(package.aid, locked=True)
    again = make_bench(MemoryStore(decode_image(encode_image(bench.card.image))))
    with refused("6985"):
        again.domain(CITY).set_locked(package.aid, locked=False)


def test_a_domain_opens_its_own_lock(bench, ready) -> None:
    package = ready("residents-points")
    bench.domain(CITY).set_locked(package.aid, locked=True)
    bench.domain(CITY).set_locked(package.aid, locked=False)
    assert bench.terminal(package).value(1) == 0


def test_nothing_is_installed_twice(bench, ready, sign) -> None:
    package = ready("residents-points")
    with refused("6985"):
        bench.domain(CITY).load(sign(package))
    with refused("6985"):
        bench.domain(CITY).install(sign(package), secrets={})
    with refused("6985"):
        bench.issuer().create_domain(CITY)


def test_no_aid_of_the_card_is_taken(bench, named, sign) -> None:
    bench.new_domain(CITY)
    package = replace(named("residents-points"), aid=bytes.fromhex("D392F000260100000001"))
    bench.domain(CITY).load(sign(package))
    with refused("6985"):
        bench.domain(CITY).install(sign(package), secrets={})


def test_secrets_come_encrypted_only(bench, named, sign) -> None:
    bench.new_domain(CITY)
    file = sign(named("residents-points"))
    session = bench.domain(CITY, level=0x11)
    session.load(file)
    with refused("6982"):
        session.install(file, secrets=bench.secrets(file.package))


@pytest.mark.parametrize("secrets", [{9: bytes(16)}, {1: bytes(15)}], ids=["unknown", "short"])
def test_secrets_that_the_package_does_not_have(bench, named, sign, secrets) -> None:
    bench.new_domain(CITY)
    file = sign(named("residents-points"))
    session = bench.domain(CITY)
    session.load(file)
    with refused("6A80"):
        session.install(file, secrets=secrets)


def test_install_without_make_selectable(bench, named, sign) -> None:
    bench.new_domain(CITY)
    file = sign(named("residents-points"))
    package = file.package
    session = bench.domain(CITY)
    session.load(file)
    request = InstallForInstall(load_aid=package.load_aid, module=package.aid, instance=package.aid)
    for p1, found in ((gp.FOR_INSTALL, "6A82"), (gp.FOR_MAKE_SELECTABLE, "9000")):
        session = bench.domain(CITY)
        sw = session.send(Command(cla=0x80, ins=gp.INSTALL, p1=p1, p2=0, data=request.encode(), ne=256)).sw
        assert str(sw) == "9000"
        assert bench.command(0x00, 0xA4, 0x04, 0x0C, package.aid) == found


def test_a_long_registry_comes_in_pieces(bench) -> None:
    domains = [bytes.fromhex("F0AAAAAAAA") + bytes((number,)) for number in range(20)]
    for aid in domains:
        bench.issuer().create_domain(aid)
    bench.trace.clear()
    session = bench.issuer()
    assert [entry.aid for entry in session.entries()] == domains
    assert len(bench.trace) > 5


def test_the_free_area_is_selected_after_the_card_itself(bench, ready) -> None:
    package = ready("residents-points")
    bench.send("00A4040C0AD392F000260100000001")
    found = []
    while str(bench.send(Command(cla=0, ins=0xA4, p1=4, p2=0x0E, data=b"\xf0").encode()).sw) == "9000":
        found.append(bench.card._runtime.session.aid)
    assert found == [CITY, package.aid]


def test_an_application_that_is_not_there(bench, named) -> None:
    with pytest.raises(NoFreeAreaError, match="6A82"):
        bench.terminal(named("residents-points"))


def test_a_package_for_another_domain_is_refused_even_when_signed_by_this_one(bench, named) -> None:
    bench.new_domain(SHOP)
    package = named("residents-points")
    file = replace(sign_package(package, keys.provider_key(SECRET, SHOP)), provider=SHOP)
    session = bench.domain(SHOP)
    _announce(session, package.load_aid, SHOP, file)
    assert _load(session, file.encode()) == "6982"


@pytest.mark.parametrize("installer", [SHOP, card_manager.AID], ids=["another", "issuer"])
def test_nobody_else_installs_from_a_domains_package(bench, named, sign, installer: bytes) -> None:
    bench.new_domain(CITY)
    bench.new_domain(SHOP)
    file = sign(named("residents-points"))
    bench.domain(CITY).load(file)
    with refused("6A88"):
        bench.domain(installer).install(file, secrets={})


@pytest.mark.parametrize("memory", [b"", bytes(3), b"\xff" * 5], ids=["none", "short", "long"])
def test_the_memory_of_a_domain_has_four_bytes(bench, memory: bytes) -> None:
    field = Tlv(0xC9, Tlv(0x82, memory).encode()).encode()
    data = gp.encode_lengths(gp.DOMAIN_LOAD_FILE, gp.DOMAIN_MODULE, SHOP, b"\x80", field, b"")
    command = Command(cla=0x80, ins=gp.INSTALL, p1=gp.FOR_INSTALL_AND_MAKE_SELECTABLE, p2=0, data=data, ne=256)
    assert str(bench.issuer().send(command).sw) == "6A80"
    assert SHOP not in bench.card.image.free_area.domains


def test_a_longer_name_does_not_answer_in_place_of_a_whole_one(bench, named, sign) -> None:
    ticket, library = named("event-ticket"), named("library-card")
    stranger = replace(library, aid=ticket.aid + b"\x01")
    for package in (stranger, ticket):
        bench.new_domain(package.provider)
        bench.install(sign(package))
    answer = bench.send(Command(cla=0x00, ins=0xA4, p1=0x04, p2=0x00, data=ticket.aid, ne=256).encode())
    assert answer.data == bytes.fromhex("6F0C840A") + ticket.aid


def test_a_name_that_was_taken_while_loading_is_refused(bench, named, sign) -> None:
    ticket = named("event-ticket")
    library = replace(named("library-card"), provider=ticket.provider)
    bench.new_domain(ticket.provider)
    session = bench.domain(ticket.provider)
    session.load(sign(library))
    file = sign(ticket)
    announced = InstallForLoad(
        load_aid=ticket.load_aid, domain=ticket.provider, digest=hashlib.sha256(file.block).digest()
    )
    taken = InstallForInstall(load_aid=library.load_aid, module=library.aid, instance=ticket.load_aid)
    for p1, data in (
        (gp.FOR_LOAD, announced.encode()),
        (gp.FOR_INSTALL_AND_MAKE_SELECTABLE, taken.encode()),
    ):
        assert session.send(Command(cla=0x80, ins=gp.INSTALL, p1=p1, p2=0, data=data, ne=256)).sw.is_ok
    content = file.encode()
    first, last = content[:200], content[200:]
    assert session.send(Command(cla=0x80, ins=gp.LOAD, p1=0, p2=0, data=first, ne=256)).sw.is_ok
    answer = session.send(Command(cla=0x80, ins=gp.LOAD, p1=gp.LAST_BLOCK, p2=1, data=last, ne=256))
    assert str(answer.sw) == "6985"
    assert ticket.load_aid not in bench.card.image.free_area.loaded


def test_all_first_values_fit_in_one_short_command(bench, named, sign) -> None:
    secrets = tuple(
        SecretRule(reference=number, kind=SecretKind.KEY, name="k", tries=3) for number in range(1, MAX_SECRETS + 1)
    )
    names = {"aid": bytes(15) + b"\x01", "load_aid": bytes(15) + b"\x02", "provider": bytes(15) + b"\x03"}
    package = replace(named("event-ticket"), secrets=secrets, **names)
    bench.new_domain(package.provider)
    bench.trace.clear()
    bench.install(sign(package))
    assert max(map(len, bench.trace)) <= 5 + 255 + 1
