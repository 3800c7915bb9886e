"""What a status word means, in the light of the command that it answers.

General meanings: ISO/IEC 7816-4 clause 5.6. What the card means by them: measured,
soltia48/myna-card README.md and src/apdu.rs, unless a line says otherwise.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from apdu.explain.position import NOWHERE, Position, file_name
from apdu.explain.text import Text
from apdu.explain.told import Role
from apdu.layout.facts import FileFact
from apdu.status import StatusWord

GENERAL: Final = MappingProxyType(
    {
        0x9000: Text("done", "正常終了"),
        0x6200: Text("warning, nothing changed", "警告 (変化なし)"),
        0x6281: Text("part of the data may be corrupted", "データの一部が壊れている可能性"),
        0x6282: Text("the file ended before all bytes asked for were read", "要求より前にファイルが終わった"),
        0x6283: Text("the selected file is deactivated", "選択したファイルは閉塞中"),
        0x6300: Text("the comparison failed; the number of tries is not told", "照合失敗 (残り回数は通知なし)"),
        0x6310: Text(
            "there is more: GET STATUS again with P2 03", "続きがある: P2=03でGET STATUSを再送"
        ),  # GlobalPlatform Card Specification 2.3.1 table 11-38
        0x6381: Text("the file is full", "ファイルが一杯"),
        0x6400: Text("execution error, nothing changed", "実行エラー (変化なし)"),
        0x6581: Text("the memory failed", "メモリ障害"),
        0x66F1: Text("no security environment for this is set up", "セキュリティ環境が未設定"),
        0x6700: Text("wrong length", "長さが不正"),
        0x6881: Text("logical channels are not supported", "論理チャネルは未対応"),
        0x6882: Text("secure messaging is not supported", "セキュアメッセージングは未対応"),
        0x6883: Text("the last command of the chain was expected", "チェインの最終コマンドが必要"),
        0x6884: Text("command chaining is not supported", "コマンドチェインは未対応"),
        0x6981: Text("the command does not fit this kind of file", "ファイルの種類に合わないコマンド"),
        0x6982: Text("the security status is not satisfied", "セキュリティステータスを満たしていない"),
        0x6983: Text("the authentication method is blocked", "認証方法が閉塞している"),
        0x6984: Text("the key or PIN is blocked", "鍵またはPINが閉塞している"),
        0x6985: Text("the conditions of use are not satisfied", "使用条件を満たしていない"),
        0x6986: Text("no current file", "カレントEFがない"),
        0x6987: Text("a secure-messaging object is missing", "セキュアメッセージングのデータがない"),
        0x6988: Text("a secure-messaging object is wrong", "セキュアメッセージングのデータが不正"),
        0x69FC: Text("no secure-messaging session", "セキュアメッセージングのセッションがない"),
        0x6A80: Text("wrong data", "データが不正"),
        0x6A81: Text("the function is not supported", "機能が未対応"),
        0x6A82: Text("not found", "ファイルが見つからない"),
        0x6A83: Text("no such record", "レコードが見つからない"),
        0x6A84: Text("not enough memory in the file", "ファイルの容量不足"),
        0x6A86: Text("wrong P1 or P2", "P1またはP2が不正"),
        0x6A87: Text("Lc does not fit P1 and P2", "LcがP1・P2と矛盾"),
        0x6A88: Text("no such object or reference", "参照されたデータが見つからない"),
        0x6B00: Text("wrong P1 or P2", "P1またはP2が不正"),
        0x6D00: Text("the card does not know this instruction (INS)", "未対応の命令 (INS)"),
        0x6E00: Text("the card does not know this class (CLA)", "未対応のクラス (CLA)"),
        # GlobalPlatform Card Specification 2.3.1 clause 11.8.3
        0x9484: Text("the algorithm is not supported", "アルゴリズムは未対応"),
        0x9485: Text("the key check value is wrong", "鍵のチェック値が不正"),
        0x6F00: Text("error without further diagnosis", "原因不明のエラー"),
    }
)

_BLOCKED: Final = Text("blocked: no tries are left", "閉塞している (残り0回)")
IN_CONTEXT: Final = MappingProxyType(
    {
        (Role.SELECT_APPLICATION, 0x6A82): Text(
            "there is no such application on the card", "そのアプリケーションはカードにない"
        ),
        (Role.SELECT_FILE, 0x6A82): Text(
            "there is no such file in this application", "そのファイルはこのアプリケーションにない"
        ),
        (Role.SELECT_MF, 0x6A82): Text("the MF cannot be selected by its id", "MFを識別子で選択できない"),
        (Role.SELECT_MF, 0x6A86): Text(
            "refused, as this card does while no application is selected", "アプリケーション未選択時は拒否される"
        ),
        (Role.SELECT_MF, 0x9000): Text("done, without any effect on this card", "正常終了 (このカードでは効果なし)"),
        (Role.READ, 0x6B00): Text("the offset is past the end of the file", "オフセットがファイルの終わりを超えている"),
        (Role.READ, 0x6981): Text(
            "this file cannot be read: it is a PIN or a key", "読み出せないファイル (PINまたは鍵)"
        ),
        (Role.READ, 0x6986): Text("no file is selected", "ファイルが選択されていない"),
        (Role.QUERY, 0x9000): Text("already verified in this session", "このセッションで照合済み"),
        (Role.QUERY, 0x6983): _BLOCKED,  # never confirmed on the card; accepted by nunnun/jpki-local-signer
        (Role.QUERY, 0x6984): _BLOCKED,
        (Role.VERIFY, 0x9000): Text("right, the counter is full again", "照合成功 (残り回数は初期値に戻る)"),
        (Role.VERIFY, 0x6983): Text("refused: the PIN is blocked", "PINが閉塞しているため拒否"),
        (Role.VERIFY, 0x6984): Text("refused: the PIN is blocked", "PINが閉塞しているため拒否"),
        (Role.CHANGE, 0x6982): Text("the old PIN must be verified first", "先に現在のPINの照合が必要"),
        (Role.SIGN, 0x6F00): Text("the number is not below the modulus", "入力がRSAの法以上"),
        (Role.SIGN, 0x6985): Text("the length or the key does not fit", "長さまたは鍵が条件に合わない"),
        (Role.SIGN, 0x6A86): Text("no such operation or key", "その演算または鍵はない"),
        (Role.CHALLENGE, 0x6985): Text("at most 256 bytes are given at once", "一度に256バイトまで"),
        (Role.GET_DATA, 0x6700): Text(
            "wrong length: a large object wants an extended Le", "長さが不正 (大きなデータには拡張Leが必要)"
        ),
        (Role.GET_DATA, 0x6A88): Text("no such object on this card", "そのデータオブジェクトはカードにない"),
        (Role.SESSION_KEY, 0x6982): Text("the text-entry PIN must be verified first", "先に暗証番号の照合が必要"),
        # what this lab's card means by them: our design
        (Role.MANAGE, 0x6300): Text("the host does not have the card's keys", "ホストの鍵がカードの鍵と一致しない"),
        (Role.MANAGE, 0x6982): Text(
            "refused: no secure channel is open, or this one does not secure enough",
            "拒否: セキュアチャネルがないか、その保護が足りない",
        ),
        (Role.MANAGE, 0x6985): Text(
            "not in this state: it is there already, is in use, or was not announced",
            "この状態では不可 (すでにある、使用中、または予告なし)",
        ),
        (Role.MANAGE, 0x6A84): Text(
            "the free area, or the domain's share of it, is full", "空き領域またはドメインの割当が一杯"
        ),
        (Role.MANAGE, 0x6A88): Text("nothing of this domain's has that name", "そのドメインにその名前のものはない"),
        (Role.TRANSACT, 0x6982): Text(
            "nobody who may do this has shown a PIN or a key", "権限のあるPINの照合または鍵の証明がない"
        ),
        (Role.TRANSACT, 0x6985): Text(
            "not in this state: funds, limit or the ticket's stage",
            "この状態では不可 (残高、上限、またはチケットの状態)",
        ),
        (Role.TRANSACT, 0x6A80): Text(
            "an amount beyond the step, or a transaction's name used for something else",
            "一度の上限を超える額、または取引名の再使用",
        ),
        (Role.TRANSACT, 0x6A84): Text("the file is full", "ファイルが一杯"),
        (Role.PROVE, 0x9000): Text("right, the counter is full again", "証明成功 (残り回数は初期値に戻る)"),
        (Role.PROVE, 0x6984): Text("refused: the key is blocked", "鍵が閉塞しているため拒否"),
        (Role.PROVE, 0x6985): Text("GET CHALLENGE must come first", "先にGET CHALLENGEが必要"),
    }
)

# by SW1, for what no table above names: ISO/IEC 7816-4 clause 5.6
FAMILIES: Final = MappingProxyType(
    {
        0x62: Text("warning, nothing changed", "警告 (変化なし)"),
        0x63: Text("warning, something changed", "警告 (変化あり)"),
        0x64: Text("execution error, nothing changed", "実行エラー (変化なし)"),
        0x65: Text("execution error, something changed", "実行エラー (変化あり)"),
        0x66: Text("security-related error", "セキュリティに関するエラー"),
        0x67: Text("wrong length", "長さが不正"),
        0x68: Text("a function of CLA is not supported", "CLAの機能が未対応"),
        0x69: Text("the command is not allowed", "コマンドは許可されない"),
        0x6A: Text("wrong parameters", "パラメータが不正"),
        0x6B: Text("wrong P1 or P2", "P1またはP2が不正"),
        0x6D: Text("the instruction is not supported", "未対応の命令"),
        0x6E: Text("the class is not supported", "未対応のクラス"),
        0x6F: Text("error without precise diagnosis", "原因不明のエラー"),
        0x90: Text("success with a proprietary remark", "正常終了 (独自の注記)"),
    }
)
# the roles in which 6982 can be told more exactly, by the access rule of the file
_GUARDED: Final = (Role.READ, Role.READ_RECORD, Role.SIGN)


def meaning(
    sw: StatusWord, role: Role = Role.OTHER, *, position: Position = NOWHERE, file: FileFact | None = None
) -> Text:
    """The meaning of a status word; total, every one of the 65,536 has one."""
    if sw.tries_left is not None:
        return _tries(sw.tries_left, role)
    if sw.more_data is not None:
        return Text(f"{sw.more_data} more bytes wait for GET RESPONSE", f"GET RESPONSEで残り{sw.more_data}バイト")
    if sw.exact_ne is not None:
        return Text(f"ask again with Ne {sw.exact_ne}", f"Ne={sw.exact_ne}で再送が必要")
    if sw.value == 0x6982 and role in _GUARDED and file is not None:
        return _needs(position, file)
    found = IN_CONTEXT.get((role, sw.value)) or GENERAL.get(sw.value) or FAMILIES.get(sw.sw1)
    return found or Text("no status word of ISO/IEC 7816-4", "ISO/IEC 7816-4にないステータス")


def _tries(tries: int, role: Role) -> Text:
    noun = "try" if tries == 1 else "tries"
    verb = "is" if tries == 1 else "are"
    if role is Role.QUERY:
        return _BLOCKED if tries == 0 else Text(f"{tries} {noun} left", f"残り{tries}回")
    if role in (Role.VERIFY, Role.PROVE):
        if tries == 0:
            return Text("wrong, and now blocked: no tries are left", "照合失敗、閉塞した (残り0回)")
        return Text(f"wrong: {tries} {noun} {'remains' if tries == 1 else 'remain'}", f"照合失敗 (残り{tries}回)")
    return Text(f"comparison failed or queried: {tries} {noun} {verb} left", f"照合失敗または問い合わせ: 残り{tries}回")


def _needs(position: Position, file: FileFact) -> Text:
    pins = file.access.any_of
    if not pins:
        return GENERAL[0x6982]
    names = [file_name(position, fid) for fid in pins]
    return Text(
        " or ".join(name.en for name in names) + " must be verified first",
        "先に" + "または".join(name.ja for name in names) + "の照合が必要",
    )
