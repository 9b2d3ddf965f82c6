"""What django-allauth asks us about second factors: its secrets are sealed by our ring, its keys carry our names."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter

from . import sealing, shops


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Named by settings.MFA_ADAPTER; loaded by name, after the applications."""

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        row = shops.Merchant.objects.filter(id=1).first()
        return f"sudapos {row.name}" if row else "sudapos"

    def get_totp_label(self, user: Any) -> str:
        return str(user.code)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        host = context.request.get_host()
        return {"id": host.rpartition(":")[0] or host, "name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {"id": str(user.pk).encode(), "display_name": user.name, "name": user.code}
