"""An entry of the register in a sentence of each language. No names and addresses: a picture is easily passed on."""

from __future__ import annotations

from typing import Final

from jpki.registry.lifecycle import TABLE
from jpki.registry.records import (
    CardChanged,
    CardRecord,
    CardState,
    CertificateChange,
    CertificateChanged,
    CertificateId,
    CertificateRecord,
    CertificatesLinked,
    HolderRecord,
    Link,
    OperationRecord,
    ResidentState,
    TimelineEntry,
)
from jpki.validity import JST
from mynalab.timeline.model import Condition, Happening
from mynalab.words import KIND_JA

_TITLES: Final = {
    **{row.operation.value: (row.title_en, row.title_ja) for row in TABLE.values()},
    "register-person": ("enter somebody in the register", "登録簿への登録"),
    "revoke": ("revoke certificates (mynalab revoke)", "電子証明書の失効（mynalab revoke）"),
}
_RESIDENT: Final = {
    ResidentState.HERE: ("the resident record is entered or changed", "住民票の記載または変更"),
    ResidentState.ABROAD: ("the resident has left the country", "国外転出"),
    ResidentState.DECEASED: ("the resident has died", "死亡"),
}
_CARD: Final = {
    CardState.APPLIED: ("applied for", "申請中"),
    CardState.MADE: ("made, not handed over yet", "作成済み（未交付）"),
    CardState.IN_USE: ("in use", "使用中"),
    CardState.SUSPENDED: ("suspended: reported lost", "一時停止（紛失の届出）"),
    CardState.ENDED: ("ended", "使用終了"),
}
_CHANGES: Final = {
    CertificateChange.HELD: ("put on hold", "一時保留"),
    CertificateChange.RELEASED: ("hold lifted", "一時保留の解除"),
    CertificateChange.REVOKED: ("revoked", "失効"),
}
_LINKS: Final = {
    Link.PAIR: ("issued together with", "と同時に発行"),
    Link.SUCCESSOR: ("followed by", "に更新"),
    Link.SMARTPHONE: ("linked with the smartphone's", "（スマートフォン）と対応"),
}


def name_en(id_: CertificateId) -> str:
    """What a certificate is called: its kind and serial number."""
    return f"{id_.kind.value} {id_.serial}"


def name_ja(id_: CertificateId) -> str:
    """The same in Japanese."""
    return f"{KIND_JA[id_.kind.value]} {id_.serial}"


def told(entry: TimelineEntry) -> Happening | None:
    """What happened; None for what another entry tells better."""
    match entry:
        case OperationRecord():
            en, ja = _TITLES.get(entry.name, (entry.name, entry.name))
            return Happening(at=entry.at, en=en, ja=ja, is_operation=True)
        case HolderRecord():
            en, ja = _RESIDENT[entry.state]
            return Happening(at=entry.at, en=en, ja=ja)
        case CardRecord() | CardChanged():
            en, ja = _CARD[entry.state]
            return Happening(at=entry.at, en=f"card {entry.card_id}: {en}", ja=f"カード {entry.card_id}: {ja}")
        case CertificateRecord():
            return _issued(entry)
        case CertificateChanged():
            en, ja = _CHANGES[entry.change]
            reason = f" ({entry.reason.rfc_name})" if entry.reason is not None else ""
            return Happening(
                at=entry.at, en=f"{name_en(entry.id)}: {en}{reason}", ja=f"{name_ja(entry.id)}: {ja}{reason}"
            )
        case CertificatesLinked(link=Link.PAIR):
            return None  # the two were issued in one line each, at one moment
        case CertificatesLinked():
            en, ja = _LINKS[entry.link]
            return Happening(
                at=entry.at,
                en=f"{name_en(entry.source)}: {en} {name_en(entry.target)}",
                ja=f"{name_ja(entry.source)}: {name_ja(entry.target)}{ja}",
            )


def _issued(entry: CertificateRecord) -> Happening:
    first, last = (f"{moment.astimezone(JST):%Y-%m-%d %H:%M}" for moment in (entry.not_before, entry.not_after))
    return Happening(
        at=entry.at,
        en=f"{name_en(entry.id)}: issued, valid {first} to {last}",
        ja=f"{name_ja(entry.id)}: 発行（有効期間 {first} ～ {last}）",
        condition=Condition.VALID,
        certificate=entry.id,
    )
