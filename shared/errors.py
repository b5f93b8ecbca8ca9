"""One tree of errors by fault, so that a caller knows from the class what to do.

Facts are attributes; the text is built from them; the sentence that a person reads is looked up by
``code`` in that person's language. Facts never hold a name, a telephone number or a badge number,
because ``str(error)`` ends in logs.
"""

from __future__ import annotations


class ServicehallError(Exception):
    """Anything this software refuses or cannot do, named by a stable ``code``."""

    def __init__(self, code: str, **facts: object) -> None:
        """Keep ``code`` (``[a-z_]+``) and the facts that explain it."""
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        """Return the code and its facts, in the order given."""
        told = " ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code} {told}".rstrip()


class MalformedInput(ServicehallError):
    """The bytes are not of the form that was agreed; sending them again cannot help."""


class Untrusted(ServicehallError):
    """The form is right, but no key that is trusted here vouches for it."""


class OutOfOrder(ServicehallError):
    """Well signed, but it does not follow what is held: a gap, a fork, an older version."""


class RuleViolation(ServicehallError):
    """A rule of the hall or of its office forbids it."""


class Unavailable(ServicehallError):
    """It could not be checked or done now; later it may."""
