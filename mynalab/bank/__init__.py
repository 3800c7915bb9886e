"""見本銀行: a small relying party that opens accounts and logs people in, made to be copied."""
