"""Checks a code and uses it up."""

import time
from typing import Any
from uuid import UUID

from app.accounts.mfa import codes, queries
from app.accounts.mfa.encryption import SecretCipher
from app.identity import Identity


async def by_code(connection: Any, seal: SecretCipher, user_id: UUID, typed: str) -> str:
    """The kind of code, for the audit; empty if it is wrong, expired or already used."""
    code = codes.normal(typed)
    if codes.is_recovery(code):
        if not await queries.use_recovery(connection, user_id, code):
            return ""
        return f"recovery code, {await queries.recovery_left(connection, user_id)} left"
    encrypted = await queries.secret_of(connection, user_id) if codes.is_totp(code) else None
    secret = seal.decrypt(encrypted, str(user_id)) if encrypted else None
    step = codes.step_of(secret, code, time.time()) if secret else None
    if step is None or not await queries.use_step(connection, user_id, step):
        return ""
    return "code"


async def first_code(connection: Any, seal: SecretCipher, who: Identity, typed: str) -> bool:
    """Whether the code fits the secret that this session was shown. If so, signing in asks for codes from now on."""
    encrypted = await queries.pending(connection, who.user_id, who.session)
    secret = seal.decrypt(encrypted, str(who.user_id)) if encrypted else None
    step = codes.step_of(secret, codes.normal(typed), time.time()) if secret else None
    if encrypted is None or step is None:
        return False
    return await queries.confirm(connection, who.user_id, encrypted, step)
