"""What people may see of a card."""

from __future__ import annotations

from dataclasses import replace

from cardsim.inspect import PinSummary, describe
from cardsim.personalise import personalise

JPKI = bytes.fromhex("D392F000260100000001")


def test_a_fresh_card(order, image) -> None:
    summary = describe(image)
    assert (summary.schema, summary.serial, summary.profile) == (2, "400000012719843", "C2")
    assert summary.atr.hex().upper() == "3BDA13FF8131FB468012392F31C173C601C03B"
    assert summary.life_cycle == "secured"
    assert summary.pins == (
        PinSummary(name="auth", application=JPKI, fid=0x0018, tries_left=3, limit=3),
        PinSummary(name="sign", application=JPKI, fid=0x001B, tries_left=5, limit=5),
    )
    assert summary.certificates == {
        "sign": order.sign.certificate,
        "sign_ca": order.sign_ca,
        "auth": order.auth.certificate,
        "auth_ca": order.auth_ca,
    }


def test_an_absent_certificate_is_left_out(order) -> None:
    summary = describe(personalise(replace(order, sign=None)))
    assert list(summary.certificates) == ["sign_ca", "auth", "auth_ca"]
    assert summary.pins[1] == PinSummary(name="sign", application=JPKI, fid=0x001B, tries_left=0, limit=5)


def test_a_card_without_the_application(image) -> None:
    manager = dict(list(image.applications.items())[:1])
    summary = describe(replace(image, applications=manager))
    assert summary.pins == ()
    assert summary.certificates == {}


def test_every_pin_of_a_whole_card_is_counted(whole_order) -> None:
    counters = [(pin.name, pin.fid, pin.tries_left) for pin in describe(personalise(whole_order)).pins]
    assert counters == [
        ("auth", 0x18, 3),
        ("sign", 0x1B, 5),
        ("text", 0x11, 3),
        ("text-a", 0x14, 10),
        ("text-b", 0x15, 10),
        ("face-birth", 0x11, 10),
        ("face-b", 0x12, 10),
        ("face-a", 0x13, 10),
        ("registry", 0x1C, 3),
        ("common", 0x1C, 3),
    ]


def test_it_tells_no_secret(image) -> None:
    assert "1234" not in repr(describe(image))
    assert "ABC123" not in repr(describe(image))
