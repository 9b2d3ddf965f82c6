"""What the customer brings when she hands a card back, and the mark by which a repeat of it is known."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import date

from django.conf import settings

from sudapos.core.handing_back import Terms
from sudapos.core.prepaid import Cause
from sudapos.core.refusal import FieldError, Invalid

from .cards import StoredCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the customer brings: whose doing it is, since when, and how she wants to be paid."""

    cause: str
    rescinded_on: date
    history: bool = True
    experienced: bool = False
    payout: str = "transfer"
    person: str = ""
    id_number: str = ""
    payee: str = ""
    account: str = ""
    till: str = ""
    note: str = ""

    @property
    def terms(self) -> Terms:
        try:
            cause = Cause(self.cause)
        except ValueError:
            raise Invalid("input_invalid", errors=[FieldError(("cause",), "out_of_range")]) from None
        return Terms(
            cause=cause,
            rescinded_on=self.rescinded_on,
            history=self.history,
            experienced=self.experienced,
        )


def account(wish: Wish) -> str:
    return "".join(wish.account.split()) if wish.payout == "transfer" else ""


def digest(card: StoredCard, wish: Wish) -> str:
    """Keyed, because a number of few digits could be guessed from a plain one."""
    told = json.dumps([card.pk, asdict(wish)], sort_keys=True, default=str)
    return hmac.new(settings.SECRET_KEY.encode(), f"hand_back:{told}".encode(), hashlib.sha256).hexdigest()
