"""The life-cycle table as a page of the documentation, in English and in Japanese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from jpki.registry.effects import Act, Desk, Effect, Role, Scope
from jpki.registry.lifecycle import ROWS, Row
from jpki.registry.preconditions import CODE_PREFIX, WRONG_DESK, Precondition
from jpki.registry.records import CardState
from jpki.registry.situation import Slot

_LANGUAGES: Final = ("en", "ja")

_DESKS: Final[Mapping[Desk, tuple[str, str]]] = MappingProxyType(
    {
        Desk.COUNTER: ("counter", "窓口"),
        Desk.HOT_LINE: ("hot line", "フリーダイヤル"),
        Desk.PHONE: ("own phone", "本人のスマートフォン"),
    }
)
_ACTS: Final[Mapping[Act, tuple[str, str]]] = MappingProxyType(
    {
        Act.KEEP: ("–", "–"),
        Act.HOLD: ("held", "一時保留"),
        Act.RELEASE: ("hold lifted", "保留解除"),
        Act.REVOKE: ("revoked", "失効"),
        Act.ISSUE: ("issued", "発行"),
        Act.REPLACE: ("revoked, issued anew", "失効・新規発行"),
    }
)
_SCOPES: Final[Mapping[Scope, tuple[str, str]]] = MappingProxyType(
    {
        Scope.HAND: ("", ""),
        Scope.COMING: ("new card: ", "新しいカード: "),
        Scope.BOTH: ("every card: ", "すべてのカード: "),
    }
)
_ROLES: Final[Mapping[Role, tuple[str, str]]] = MappingProxyType(
    {
        Role.HAND: ("card", "カード"),
        Role.COMING: ("new card", "新しいカード"),
        Role.PHONE: ("phone", "スマートフォン"),
        Role.NEW_CARD: ("new card", "新しいカード"),
        Role.NEW_PHONE: ("new phone", "新しいスマートフォン"),
    }
)
_STATES: Final[Mapping[CardState, tuple[str, str]]] = MappingProxyType(
    {
        CardState.APPLIED: ("applied for", "申請中"),
        CardState.MADE: ("made", "交付待ち"),
        CardState.IN_USE: ("in use", "利用中"),
        CardState.SUSPENDED: ("suspended", "一時停止"),
        CardState.ENDED: ("ended", "廃止"),
    }
)
_HEADINGS: Final = (
    (
        "operation",
        "what it is",
        "where",
        "card, signing",
        "card, authentication",
        "phone, signing",
        "phone, authentication",
        "card and phone",
        "refused as",
        "source",
    ),
    (
        "操作",
        "内容",
        "受付",
        "カード 署名用",
        "カード 利用者証明用",
        "スマホ 署名用",
        "スマホ 利用者証明用",
        "カード・スマホ",
        "拒否コード",
        "出典",
    ),
)


def table_as_markdown(language: str) -> str:
    """Every operation with its effects."""
    chosen = _LANGUAGES.index(language)
    return _table(_HEADINGS[chosen], (_cells(row, chosen) for row in ROWS))


def refusals_as_markdown() -> str:
    """Every refusal: its code, what it says and the next step, in both languages."""
    needed = {needed.name: needed for row in ROWS for needed in row.needs}
    refusals = [WRONG_DESK, *(condition.refusal() for condition in needed.values())]
    cells = (
        (
            f"`{refusal.code}`",
            f"{refusal.message_en}: {refusal.hint_en}",
            f"{refusal.message_ja}{refusal.hint_ja}",
        )
        for refusal in sorted(refusals, key=lambda refusal: refusal.code)
    )
    return _table(("code", "English", "日本語"), cells)


def _table(headings: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row, chosen: int) -> tuple[str, ...]:
    scope = _SCOPES[row.scope][chosen]
    certificates = [_effect(row.effect(slot), "" if slot.name.startswith("PHONE") else scope, chosen) for slot in Slot]
    return (
        f"`{row.operation.value}`",
        (row.title_en, row.title_ja)[chosen],
        ", ".join(_DESKS[desk][chosen] for desk in row.desks),
        *certificates,
        "; ".join(f"{_ROLES[change.role][chosen]} → {_STATES[change.state][chosen]}" for change in row.becomes) or "–",
        _codes(row.needs),
        row.source,
    )


def _effect(effect: Effect, scope: str, chosen: int) -> str:
    if effect.act is Act.KEEP:
        return _ACTS[Act.KEEP][chosen]
    reason = "" if effect.reason is None else f" ({effect.reason.rfc_name})"
    return f"{scope}{_ACTS[effect.act][chosen]}{reason}"


def _codes(needs: Sequence[Precondition]) -> str:
    return " ".join(f"`{needed.code.removeprefix(CODE_PREFIX)}`" for needed in needs)
