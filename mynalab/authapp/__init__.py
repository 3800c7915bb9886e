"""The Digital Authentication App's service (デジタル認証アプリ) as an OpenID provider for the lab's cards."""
