"""Secrets that we must be able to read again, sealed for the database with a key that only the desk's own makes."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"tickstock second steps"
NONCE_BYTES = 12


class SecretCipher:
    def __init__(self, secret_key: str) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
        self._cipher = AESGCM(key)

    def encrypt(self, text: str, owner: str) -> bytes:
        """`owner`: for whom alone it opens, so that one row's content is worth nothing in another."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())

    def decrypt(self, closed: bytes, owner: str) -> str | None:
        """None for what another SECRET_KEY closed, or for somebody else."""
        try:
            return self._cipher.decrypt(closed[:NONCE_BYTES], closed[NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, ValueError):
            return None
