"""A PKCS #11 module in this process: loaded once, entered by one thread at a time, begun again after a fork.

PKCS #11 v2.40 clause 5.4 knows one application per process: whoever begins a module again ends all its sessions. Those
who hold one see it by the number of the ``round``.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from jpki.errors import TokenModuleError, TokenNotFoundError

if TYPE_CHECKING:
    import pkcs11
    from pkcs11._pkcs11 import lib as Library  # noqa: N812 - a class

_loading: Final = threading.Lock()
_modules: Final[dict[str, TokenModule]] = {}


class TokenModule:
    """One module. All but ``lock`` is touched under the lock alone: it is begun without locks of its own."""

    def __init__(self, path: str, library: Library) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.round = 0
        self.refused: Final[set[tuple[str, str]]] = set()
        """Token and PIN where the token said no: that is never tried again."""
        self._library = library
        self._is_forked = False
        os.register_at_fork(after_in_child=self._after_fork)

    def current_round(self) -> int:
        """The number of the round in which sessions opened now live."""
        if self._is_forked:  # clause 5.4: a child begins the module itself
            self.begin_again()
        return self.round

    def begin_again(self) -> None:
        """End all sessions; tokens that came and went meanwhile are seen."""
        import pkcs11

        self.round += 1
        self._is_forked = False
        with suppress(pkcs11.PKCS11Error):  # a module that noticed the fork by itself has nothing to end
            self._library.finalize()
        try:
            self._library.initialize()
        except pkcs11.PKCS11Error as error:
            raise _unusable(self.path, error) from error

    def token(self, label: str) -> pkcs11.Token:
        """The token of this label as it is now; ``TokenNotFoundError`` for none and for several."""
        found = self._labelled(label)
        if not found:  # SoftHSM looks for tokens when it begins, and then no more
            self.begin_again()
            found = self._labelled(label)
        if len(found) == 1:
            return found[0]
        raise TokenNotFoundError(
            f"{self.path} has {len(found) or 'no'} tokens with the label {label!r}",
            token=label,
            hint="put the token in, or see which there are: pkcs11-tool --module MODULE --list-token-slots",
        )

    def _labelled(self, label: str) -> list[pkcs11.Token]:
        import pkcs11

        try:
            return list(self._library.get_tokens(token_label=label))
        except pkcs11.PKCS11Error:
            return []  # a module that lost a token may refuse to list the others

    def _after_fork(self) -> None:
        self.lock = threading.RLock()  # the thread that held it has stayed behind
        self._is_forked = True


def load_module(path: str) -> TokenModule:
    """The module at this path, the same object for everybody; ``TokenModuleError`` when that cannot be."""
    with _loading:
        if path not in _modules:
            _modules[path] = TokenModule(path, _load(path))
        return _modules[path]


def _load(path: str) -> Library:
    try:
        import pkcs11
    except ImportError as error:
        raise TokenModuleError(
            "the library for PKCS #11 tokens is not installed", token="", hint="pip install 'mynalab[pkcs11]'"
        ) from error
    try:
        return pkcs11.lib(path)
    except pkcs11.PKCS11Error as error:
        raise _unusable(path, error) from error


def _unusable(path: str, error: Exception) -> TokenModuleError:
    return TokenModuleError(
        f"{path} cannot be used as a PKCS #11 module: {str(error) or type(error).__name__}",
        token="",
        hint="name the module's file, such as /usr/lib/softhsm/libsofthsm2.so",
    )
