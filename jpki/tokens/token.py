"""A token: logged in to once for the whole process, and once more when it was reset, taken out or forked away from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from jpki.algorithms import KeyAlgorithm, PublicKey, algorithm_of
from jpki.errors import TokenError, TokenKeyError, TokenNotFoundError, TokenPinError
from jpki.tokens import keys
from jpki.tokens.keys import TokenKeyName
from jpki.tokens.module import TokenModule, load_module

if TYPE_CHECKING:
    import pkcs11
    from pkcs11 import SignMixin

Answer = TypeVar("Answer")
Error = TypeVar("Error", bound=TokenError)

# What a module says of a session, a key or a token that was there before.
_LOST: Final = (
    *("DeviceError", "DeviceRemoved", "FunctionFailed", "GeneralError", "KeyHandleInvalid", "ObjectHandleInvalid"),
    *("SessionClosed", "SessionHandleInvalid", "SlotIDInvalid", "TokenNotPresent", "TokenNotRecognised"),
    *("UserNotLoggedIn", "PKCS11Error"),  # the last is how the library says that the module was never begun
)
_MISSED: Final = "NoSuchKey"
_PUT_IN: Final = "put the token in again: the next question to it opens another session"
_PIN_REFUSED: Final = (
    *("PinExpired", "PinIncorrect", "PinInvalid", "PinLenRange", "PinLocked", "UserPinNotInitialized"),
)


class Pkcs11Token:
    """A token by its label. Nothing is loaded, asked or tried before it is needed; safe for several threads.

    ``pin`` gives the PIN when the token is to be logged in to: a PIN that the token accepted stays in memory for the
    one more time that this class logs in, a PIN that it refused is not tried again.
    """

    def __init__(self, module: str, label: str, *, pin: Callable[[], str]) -> None:
        self.module = module
        self.label = label
        self._ask_pin = pin
        self._accepted_pin: str | None = None
        self._session: tuple[int, pkcs11.Session] | None = None
        self._keys: dict[TokenKeyName, SignMixin] = {}

    def __repr__(self) -> str:
        return f"Pkcs11Token({self.module!r}, {self.label!r})"

    def signer(self, name: TokenKeyName) -> Pkcs11Signer:
        """What signs with the key of this name; ``TokenKeyError`` when there is none, or no CA has such a key."""
        public_key = self._run(lambda session: self._public_key(session, name))
        algorithm = algorithm_of(public_key)
        if algorithm is None:
            raise self._wrong_kind(name)
        self._run(lambda session: self._private_key(session, name))
        return Pkcs11Signer(self, name, public_key, algorithm)

    def generate(self, name: TokenKeyName, algorithm: KeyAlgorithm) -> Pkcs11Signer:
        """Make a key that never leaves the token; ``TokenKeyError`` when the name is taken."""
        self._run(lambda session: self._generate(session, name, algorithm))
        return self.signer(name)

    def destroy(self, name: TokenKeyName) -> None:
        """Remove both halves of a key, for good."""
        self._run(lambda session: self._destroy(session, name))

    def sign_digest(self, name: TokenKeyName, algorithm: KeyAlgorithm, digest: bytes) -> bytes:
        """The signature over data of which this is the hash."""
        kind = keys.KINDS[algorithm.name]
        answer = self._run(lambda session: self._sign(session, name, kind.mechanism, kind.to_sign(digest)))
        try:
            return kind.encoded(answer)
        except ValueError as error:
            raise self._error(TokenError, f"answered with {error}") from error

    def _run(self, work: Callable[[pkcs11.Session], Answer]) -> Answer:
        """Do something in the session that there is; where that turns out to be lost, once more in a new one."""
        module = load_module(self.module)
        import pkcs11

        with module.lock:
            standing = self._standing(module)
            if standing is not None:
                try:
                    return work(standing)
                except pkcs11.PKCS11Error as error:
                    if type(error).__name__ not in (*_LOST, _MISSED):
                        raise self._refusal(error) from error
                self._session = None
                module.begin_again()
            try:
                return work(self._open(module))
            except pkcs11.PKCS11Error as error:
                if type(error).__name__ in _LOST:
                    self._session = None
                raise self._refusal(error) from error

    def _standing(self, module: TokenModule) -> pkcs11.Session | None:
        if self._session is None or self._session[0] != module.current_round():
            return None
        return self._session[1]

    def _open(self, module: TokenModule) -> pkcs11.Session:
        module.current_round()
        session = self._log_in(module, module.token(self.label))
        self._keys.clear()
        self._session = module.round, session
        return session

    def _log_in(self, module: TokenModule, token: pkcs11.Token) -> pkcs11.Session:
        import pkcs11

        self._require_tries(token)
        pin = self._accepted_pin if self._accepted_pin is not None else self._ask_pin()
        if (self.label, pin) in module.refused:
            raise self._pin_error("refused this PIN before; it was not tried again")
        try:
            session = token.open(user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:  # this process did, by other means
            session = token.open()
        except UnicodeEncodeError:  # which carries the text
            raise self._pin_error("cannot be given this PIN: it is no text") from None
        except pkcs11.PKCS11Error as error:
            if type(error).__name__ not in _PIN_REFUSED:
                raise
            self._accepted_pin = None
            module.refused.add((self.label, pin))
            raise self._pin_error(f"refused the PIN ({type(error).__name__})") from None
        self._accepted_pin = pin
        return session

    def _require_tries(self, token: pkcs11.Token) -> None:
        """The last try is the owner's."""
        from pkcs11 import TokenFlag

        if token.flags & TokenFlag.USER_PIN_LOCKED:
            raise self._pin_error("has locked its PIN")
        if token.flags & TokenFlag.USER_PIN_FINAL_TRY:
            raise self._pin_error("has one try left for its PIN, and that is not spent here")

    def _public_key(self, session: pkcs11.Session, name: TokenKeyName) -> PublicKey:
        from pkcs11 import ObjectClass, PublicKey

        key = self._object(session, name, ObjectClass.PUBLIC_KEY)
        try:
            if isinstance(key, PublicKey):
                return keys.read_public(key)
        except ValueError as error:
            raise self._wrong_kind(name) from error
        raise self._wrong_kind(name)

    def _private_key(self, session: pkcs11.Session, name: TokenKeyName) -> SignMixin:
        """Looked up once a session."""
        from pkcs11 import ObjectClass, SignMixin

        if name not in self._keys:
            key = self._object(session, name, ObjectClass.PRIVATE_KEY)
            if not isinstance(key, SignMixin):
                raise self._wrong_kind(name)
            self._keys[name] = key
        return self._keys[name]

    def _object(self, session: pkcs11.Session, name: TokenKeyName, kind: pkcs11.ObjectClass) -> pkcs11.Object:
        from pkcs11 import Attribute, NoSuchKey

        found = list(session.get_objects({**name.attributes, Attribute.CLASS: kind}))
        if len(found) == 1:
            return found[0]
        what = f"{kind.name.lower().replace('_', ' ')}s {name}"
        if not found:  # SoftHSM says so of a token that was taken out, too
            raise NoSuchKey(f"no {what}")
        raise self._key_error(f"{len(found)} {what}")

    def _sign(self, session: pkcs11.Session, name: TokenKeyName, mechanism: str, data: bytes) -> bytes:
        from pkcs11 import Mechanism

        return self._private_key(session, name).sign(data, mechanism=Mechanism[mechanism])

    def _generate(self, session: pkcs11.Session, name: TokenKeyName, algorithm: KeyAlgorithm) -> None:
        if list(session.get_objects(name.attributes)):
            raise self._error(TokenKeyError, f"has a key {name} already", hint="give the new one another name")
        with session.token.open(rw=True) as writing:  # logged in to, as all sessions of a process are
            keys.generate(writing, name, algorithm)

    def _destroy(self, session: pkcs11.Session, name: TokenKeyName) -> None:
        self._keys.pop(name, None)
        with session.token.open(rw=True) as writing:
            for found in list(writing.get_objects(name.attributes)):
                found.destroy()

    def _refusal(self, error: Exception) -> TokenError:
        """What a module said no to, as the package says it."""
        what = type(error).__name__
        if what == _MISSED:
            return self._key_error(str(error))
        if what in _LOST:
            return self._error(TokenNotFoundError, f"is not there any more, or does not answer ({what})", hint=_PUT_IN)
        return self._error(TokenError, f"refused ({what})", hint="see what it can do: pkcs11-tool --list-mechanisms")

    def _pin_error(self, what: str) -> TokenPinError:
        return TokenPinError(
            f"the token {self.label!r} {what}",
            token=self.label,
            hint="mend the PIN and begin again; a token that counts tries locks after a few",
        )

    def _key_error(self, what: str) -> TokenKeyError:
        hint = "is it the right token? See what is on it: pkcs11-tool --module MODULE --list-objects --login"
        return self._error(TokenKeyError, f"has {what}", hint=hint)

    def _wrong_kind(self, name: TokenKeyName) -> TokenKeyError:
        return self._error(TokenKeyError, f"has a key {name} of a kind that no CA of JPKI has")

    def _error(self, kind: type[Error], what: str, *, hint: str = "") -> Error:
        return kind(f"the token {self.label!r} {what}", token=self.label, hint=hint)


class Pkcs11Signer:
    """A ``jpki.signer.Signer`` whose key is on a token. ECDSA signatures of a token differ each time."""

    __slots__ = ("_name", "_token", "algorithm", "public_key")

    def __init__(self, token: Pkcs11Token, name: TokenKeyName, public_key: PublicKey, algorithm: KeyAlgorithm) -> None:
        self._token = token
        self._name = name
        self.public_key: PublicKey = public_key
        self.algorithm: KeyAlgorithm = algorithm

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``, as X.509 encodes it. The data is hashed here."""
        return self.sign_digest(self.algorithm.digest(data))

    def sign_digest(self, digest: bytes) -> bytes:
        """The signature over data of which this is the hash."""
        return self._token.sign_digest(self._name, self.algorithm, digest)

    def __repr__(self) -> str:
        return f"Pkcs11Signer({self._token!r}, {str(self._name)!r})"
