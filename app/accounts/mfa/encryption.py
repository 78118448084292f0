"""Encrypts secrets for the database, with a key derived from SECRET_KEY."""

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
        """Bound to `owner`: the result cannot be decrypted for another one, so copying it to another row is useless."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())

    def decrypt(self, encrypted: bytes, owner: str) -> str | None:
        """None if it was encrypted with another SECRET_KEY or for another owner."""
        try:
            return self._cipher.decrypt(encrypted[:NONCE_BYTES], encrypted[NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, ValueError):
            return None
