"""What went wrong, in Japanese: a sentence for each error class, above the English detail that names file and value."""

from __future__ import annotations

from typing import Final

COMMAND_LINE: Final = "コマンドラインの書き方が正しくありません。"
INTERRUPTION: Final = "中断しました。"
SYSTEM: Final = "オペレーティングシステムに拒否されました。パス、権限、空き容量を確認してください。"
FAULT: Final = "mynalab 自体の不具合です。"

_SENTENCES: Final = {
    # mynalab
    "LabError": "ラボでは行えない操作です。",
    "LabNotFoundError": "そこにラボはありません。",
    "LabExistsError": "そこにはすでに何かがあり、上書きできません。",
    "LabSchemaError": "このラボは別のバージョンの mynalab で作られています。",
    "LabBrokenError": "ラボの一部が欠けているか、壊れています。",
    "LabUnwritableError": "書き込めません。権限と空き容量を確認してください。",
    "PersonaError": "ペルソナのファイルに誤りがあります。",
    "CardNameError": "その名前のカードは、すでにあるか、まだありません。",
    "CardNameFormatError": "カードの名前として使えない文字列です。",
    "CardTerminatedError": "カードは使用を終了しており、元に戻せません。新しいカードを作ってください。",
    "AppError": "空き領域のアプリケーションをそのカードに搭載または削除できません。",
    "SnapshotError": "スナップショットを保存・復元できません。同じ名前のファイルがあるか、別のカードのものです。",
    "ServiceError": "リーダーを提供している mynalab serve がないか、要求を断りました。",
    "TextError": "署名するファイルをテキストとして読めません。",
    "SeedError": "シードとして使えない文字列です。",
    "TimeError": "日時として読めないか、ラボの扱う範囲の外です。",
    # cardsim
    "CardSimError": "仮想カードを扱えません。",
    "StatusError": "カードがステータスワードでコマンドを断りました。",
    "ProfileError": "その名前のカードプロファイルはありません。",
    "OrderError": "その内容ではカードを作れません。",
    "FontError": "フォントのファイルを読めません。",
    "ImageError": "カードのデータが壊れています。",
    "ImageSchemaError": "カードのデータは別のバージョンのものです。",
    "StoreError": "カードのファイルを扱えません。",
    "StoreMissingError": "カードのファイルがありません。",
    "StoreExistsError": "その名前のカードはすでにあります。",
    "StoreLockedError": "カードは別のリーダーで使われています。",
    "StoreUnreadableError": "カードのファイルを読めません。",
    "StoreDamagedError": "カードのファイルが壊れています。",
    "StoreSchemaError": "カードのファイルは別のバージョンのものです。",
    "StoreUnwritableError": "カードのファイルに書き込めません。カードの状態は変わっていません。",
    "StoreFullError": "空き容量がありません。カードの状態は変わっていません。",
    "StoreClosedError": "カードはすでに取り出されています。",
    # readers
    "ReaderError": "リーダーを使えません。",
    "PcscUnavailableError": "PC/SC を使えません。",
    "NoReaderError": "リーダーが見つかりません。",
    "NoCardError": "リーダーにカードがありません。",
    "CardRemovedError": "途中でカードが取り出されました。",
    "CardTimeoutError": "カードが時間内に応答しませんでした。",
    "CardResetError": "ほかのプログラムがカードをリセットしました。",
    "ReaderBusyError": "ほかのプログラムがリーダーを使っています。",
    "ReaderClosedError": "リーダーとの接続はすでに閉じています。",
    "PinGuardError": "本物のカードの暗証番号を守るため、コマンドを送りませんでした。",
    "ProtocolError": "相手の通信がプロトコルに合いません。",
    "TraceError": "トレースとして正しくないか、このやり取りと合いません。",
    "SlotError": "仮想リーダーを追加できないか、そこにカードを挿入できません。",
    "SocketInUseError": "そのソケットでは別のサーバーがすでに動いています。",
    "SocketPathError": "そのパスはソケットとして使えません。",
    # jpki
    "JpkiError": "公的個人認証の処理を行えません。",
    "DerError": "DER として正しくないデータです。",
    "HolderError": "その人の情報は証明書に記載できません。",
    "KeyFileError": "秘密鍵のファイルを読めません。",
    "IssueError": "認証局はその証明書または失効リストに署名できません。",
    "RegistryError": "登録簿がその操作を断りました。",
    "RegistryNotFoundError": "登録簿がありません。",
    "RegistryExistsError": "登録簿はすでにあります。",
    "RegistryStorageError": "登録簿を読み書きできません。登録簿の内容は変わっていません。",
    "RegistryLockedError": "別のプロセスが登録簿に書き込んでいます。",
    "RegistrySchemaError": "登録簿は別のバージョンのものです。",
    "RegistryCorruptError": "登録簿が壊れています。",
    "UnknownEntryError": "登録簿にその項目はありません。",
    "DuplicateEntryError": "登録簿にその項目はすでにあります。",
    "AlreadyRevokedError": "証明書はすでに失効または一時保留になっています。",
    "CardClientError": "カードとのやり取りに失敗しました。",
    "NotJpkiCardError": "公的個人認証のアプリケーションがないカードです。",
    "NoApplicationError": "カードにそのアプリケーションがありません。",
    "PinFormatError": "暗証番号の形式が違うため、カードに送りませんでした。",
    "WrongPinError": "暗証番号が違います。",
    "PinBlockedError": "暗証番号がロックされています。",
    "PinRequiredError": "先に暗証番号の照合が必要です。",
    "NoCertificateError": "カードにその証明書がありません。",
    "MalformedAnswerError": "カードの応答が正しくありません。",
    "SecureSessionError": "カードとのセキュアメッセージングを開始できないか、終了しました。",
    "UnexpectedStatusError": "カードが想定外のステータスワードを返しました。",
    "CardManagementError": "カードの空き領域を管理できません。",
    "PackageFileError": "アプリケーションの記述に誤りがあります。",
    "NoFreeAreaError": "カードに空き領域またはそのアプリケーションがありません。",
    "ChannelRefusedError": "カードとの間にセキュアチャネルを確立できません。",
    "CardFullError": "カードの空き領域が足りません。",
    "ManagementRefusedError": "カードが管理コマンドを断りました。",
    "CvError": "CV証明書または署名付き記録を扱えません。",
    "CvFormatError": "CV証明書または署名付き記録の形式が正しくありません。",
    "CvTrustError": "信頼の起点として使えない CV証明書です。",
    "VerifyError": "検証の前提が正しくありません。",
    "TrustAnchorError": "信頼の起点として使えない証明書です。",
    "PolicyError": "検証ポリシーがこの手続きに合いません。",
    "CeremonyError": "手続きを進められません。",
    "OriginError": "オリジンが正しくありません。",
    "ChallengeError": "チャレンジを扱えません。",
    # apdu
    "ApduError": "APDU として正しくないデータです。",
    "CommandError": "コマンド APDU として正しくないデータです。",
    "ResponseError": "レスポンス APDU として正しくないデータです。",
    "TlvError": "TLV として正しくないデータです。",
    "ChainingError": "カードが続きのデータを際限なく予告しています。",
    "FaultPlanError": "障害の指定に誤りがあります。",
    "SecureChannelError": "セキュアチャネルの電文が改ざんされたか、順序が違います。",
    "PackageError": "アプリケーションパッケージとして正しくないデータです。",
    "LayoutError": "カードのファイルが定められた形式ではありません。",
}


def sentence_for(kind: type[BaseException]) -> str | None:
    """The sentence of an error class, or of the nearest class above it that has one."""
    return next((_SENTENCES[above.__name__] for above in kind.__mro__ if above.__name__ in _SENTENCES), None)


def has_own_sentence(kind: type[BaseException]) -> bool:
    """Whether the class itself stands in the table."""
    return kind.__name__ in _SENTENCES
