"""What the lab's counter can be asked, on the command line and over HTTP: the life cycle's rows, with arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jpki.registry.lifecycle import TABLE, Row
from jpki.registry.request import Operation
from mynalab.pki_server.counter import Argument, ArgumentKind, OperationSpec

_CARD: Final = Argument(
    name="card", en="a card or phone of the person, by its name", ja="その人のカードまたはスマートフォンの名前"
)
_PERSON: Final = Argument(name="person", en="the person's number in the register", ja="登録簿での番号")
_RECORD: Final = (
    Argument(name="name", en="family and given name", ja="氏名"),
    Argument(name="address", en="from the prefecture on", ja="住所（都道府県から）"),
    Argument(name="prefecture", en="in romaji, as certificates have it: Tokyo-to", ja="都道府県（ローマ字: Tokyo-to）"),
    Argument(name="municipality", en="in romaji: Shibuya-ku", ja="市区町村（ローマ字: Shibuya-ku）"),
    Argument(name="municipality_code", en="five digits", ja="市区町村コード（5 桁）"),
    Argument(
        name="birth_date", en="as certificates have it: era, year, month, day", ja="生年月日（証明書の 9 桁の形式）"
    ),
    Argument(name="sex", en="male, female or unknown", ja="性別", choices=("male", "female", "unknown")),
)
_TOKEN: Final = (
    Argument(name="new_card", en="what the new card or phone is to be called", ja="新しいカードの名前"),
    Argument(name="profile", en="of the new card or phone: C2, android, next, …", ja="プロファイル"),
    Argument(
        name="card_expiry",
        kind=ArgumentKind.DATE,
        en="its last day, where that is not the rule's",
        ja="有効期限（規則と異なる場合）",
    ),
)
_PIN: Final = (
    Argument(name="pin", en="which PIN", ja="どの暗証番号か", required=True, choices=("sign", "auth")),
    Argument(name="new_pin", en="a new one; without it the old one gets its tries back", ja="新しい暗証番号"),
)
_NEWCOMER: Final = Argument(
    name="persona", en="somebody who is not in the register yet", ja="登録簿にまだない人（ペルソナ）"
)
# What an operation asks for besides whom it is about.
_MORE: Final[Mapping[Operation, tuple[Argument, ...]]] = {
    Operation.RESET_PIN: _PIN,
    Operation.APPLY: (_NEWCOMER,),
}


def _arguments(row: Row) -> tuple[Argument, ...]:
    desks = tuple(desk.value for desk in row.desks)
    return (
        _CARD,
        _PERSON,
        Argument(name="desk", en="who is asked", ja="受付", choices=desks),
        *(_RECORD if row.new_record else ()),
        *(_TOKEN if row.makes_token else ()),
        *_MORE.get(row.operation, ()),
    )


SPECS: Final = tuple(
    OperationSpec(name=operation.value, en=row.title_en, ja=row.title_ja, arguments=_arguments(row))
    for operation, row in TABLE.items()
)
