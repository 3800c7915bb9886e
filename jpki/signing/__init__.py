"""Signatures of documents in containers: CMS, PDF and XML, made with a card and verified by ``jpki.verify``.

PDF and XML need libraries of the extras ``pdf`` and ``xml``, which are imported with their modules and nowhere else.
"""
