"""The signed records of 券面事項入力補助AP and 券面事項確認AP: made by an issuer, checked by a verifier."""
