"""The words of the pages, Japanese and English."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "service": ("デジタル認証サービス(ラボ)", "Digital Authentication Service (lab)"),
    "lab": (
        "テスト用です。実在のサービスではありません。",
        "For tests: this is not the real service.",
    ),
    "language": ("English", "日本語"),
    "asks": ("に次の内容を提供します。", "asks for:"),
    "openid": ("あなたを識別する、この事業者専用の番号", "a number that stands for you, for this business alone"),
    "name": ("氏名", "name"),
    "address": ("住所", "address"),
    "birthdate": ("生年月日", "date of birth"),
    "gender": ("性別", "sex"),
    "sign": ("署名用電子証明書による電子署名", "a signature with your signing certificate"),
    "transaction": ("署名トランザクション", "sign transaction"),
    "digest": ("署名するハッシュ値(SHA-256)", "hash to be signed (SHA-256)"),
    "choose": ("カードを選んでください", "Choose a card"),
    "none": ("このラボにカードはありません。", "There is no card in this lab."),
    "make": (
        "作るには: mynalab card new alice",
        "Make one: mynalab card new alice",
    ),
    "reader": ("カードリーダー", "card reader"),
    "physical": ("(実際のカード: 残り1回の暗証番号は送りません)", "(physical card: its last try is never spent)"),
    "auth_pin": ("利用者証明用電子証明書の暗証番号(数字4桁)", "PIN of the log-in certificate (four digits)"),
    "text_pin": ("券面事項入力補助用の暗証番号(数字4桁)", "PIN for the text entry (four digits)"),
    "same": ("空欄なら上と同じ", "empty: the same as above"),
    "sign_pin": (
        "署名用電子証明書のパスワード(英数字6〜16文字)",
        "Password of the signing certificate (6 to 16 letters and digits)",
    ),
    "go": ("認証する", "Authenticate"),
    "go_sign": ("署名する", "Sign"),
    "again": ("もう一度", "Try again"),
    "cancel": ("取りやめて戻る", "Cancel and go back"),
    "back": ("元のサイトに戻る", "Back to the site"),
    "tries": ("残り回数", "tries left"),
    "test": ("テストレスポンス設定", "Test response settings"),
    "response": ("レスポンス", "Response"),
    "normal": ("正常", "normal"),
    "persona": ("テスト用カード", "Test card"),
    "answer": ("認証", "Authenticate"),
    "error": ("このリクエストには応じられません", "This request cannot be answered"),
    "error_hint": (
        "事業者のサイトからやり直してください。",
        "Go back to the site that sent you here, and start again.",
    ),
}
