"""The Digital Authentication App's service (デジタル認証アプリ) as an OpenID provider, with the lab's cards behind it."""
