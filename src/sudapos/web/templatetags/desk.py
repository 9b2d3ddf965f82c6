"""What every template may say: money, moments, quantities, states, icons."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sudapos.books import intake
from sudapos.books.refunds import Refund
from sudapos.books.staff import Operator
from sudapos.core import masking
from sudapos.web import moments, words

register = template.Library()
NOTHING = SafeString("")
NOTHING_MOVED = SafeString('<span class="faint">–</span>')
HIDDEN = SafeString('aria-hidden="true"')


@register.filter
def money(fen: int | None) -> SafeString:
    """Fen as ¥19.99: figures of one width, a thin ¥, a real minus."""
    if fen is None:
        return NOTHING
    sign, figures = ("−", words.yuan(-fen)) if fen < 0 else ("", words.yuan(fen))
    return format_html('<span class="money">{}<span class="yen">¥</span>{}</span>', sign, figures[1:])


@register.filter
def moved(fen: int) -> SafeString:
    """An amount, or a quiet dash where nothing moved."""
    return money(fen) if fen else NOTHING_MOVED


@register.filter
def without(text: str, part: str) -> str:
    """A memo without the number that stands beside it as a link; all of it where that is all."""
    return text.replace(part, "").strip() or text


@register.filter
def yuan(fen: int) -> str:
    """Fen as plain text, for labels and titles."""
    return words.yuan(fen)


@register.filter
def odd_fen(leg: Any) -> str:
    """Rounding of a leg, planned (also as kept with the refund) or made; empty for an exact one."""
    if isinstance(leg, dict):
        return words.odd_fen(leg["amount"], leg.get("rounding", 0))
    return words.odd_fen(leg.amount, leg.rounding)


@register.filter
def customer_gets(refund: Refund) -> int:
    """Fen of a refund that reach the customer: a platform's coupon goes back to its platform."""
    legs = [(leg.amount, leg.user_amount, leg.to_customer) for leg in refund.legs.all()]
    parts = legs or [(p["amount"], p.get("user_amount"), p.get("user_amount")) for p in refund.plan]
    return int(refund.total - sum(asked - gets for asked, ours, gets in parts if ours is not None))


@register.filter
def coupon_words(leg: Any) -> str:
    """What of a leg the customer gets where a platform's coupon paid a part; empty for every other one."""
    if isinstance(leg, dict):
        return words.coupon(leg["amount"], leg.get("user_amount"))
    return words.coupon(leg.amount, leg.user_amount, getattr(leg, "paid_amount", None))


@register.filter
def plain(fen: int) -> str:
    """Fen as 19.99, for a field that is read back."""
    return words.yuan(fen)[1:]


@register.filter
def when(value: datetime | None) -> SafeString:
    """A moment as people say it, with the exact one for machines and on hover."""
    if value is None:
        return NOTHING
    return format_html(
        '<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), moments.when(value)
    )


@register.filter
def clock(value: datetime | None) -> str:
    return "" if value is None else moments.clock(value)


@register.filter
def day(value: date | None) -> str:
    return "" if value is None else moments.day(value)


@register.filter
def age(value: datetime) -> str:
    return moments.age(value)


@register.filter
def rate(vat_bp: int) -> str:
    """Basis points as 13%."""
    return f"{vat_bp / 100:g}%"


@register.filter
def quantity(milli: int) -> str:
    """Thousandths of a unit as `2` or `1.236`."""
    return intake.quantity(milli) if milli else "0"


@register.filter
def person(name: str) -> str:
    """A colleague's name as strangers at the counter may see it: 王*."""
    return masking.name(name)


@register.filter
def may(operator: Operator, act: str) -> bool:
    """Whether this person is given an act; buttons that would be refused are not shown."""
    return operator.may(act)


@register.filter
def role(code: str) -> str:
    return words.title(words.role(code))


@register.filter
def reason(code: str) -> str:
    return words.reason(code)


@register.filter
def receipt(code: str) -> str:
    return words.word(words.RECEIPTS, code)


@register.filter
def reprint(code: str) -> str:
    return words.word(words.REPRINTS, code)


@register.filter
def goods(code: str) -> str:
    return words.goods(code)


@register.filter
def goods_tone(code: str) -> str:
    return words.GOODS[code][0]


@register.filter
def goods_icon(code: str) -> str:
    return words.GOODS[code][1]


@register.filter
def way(code: str) -> str:
    return words.title(words.way(code))


@register.filter
def channel(code: str) -> str:
    return words.channel(code)


@register.filter
def short_channel(code: str) -> str:
    return words.short(code)


@register.filter
def arrival(value: date | None) -> str:
    return words.arrival(value)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One drawing of the sprite; decoration unless it has a label."""
    told = format_html('role="img" aria-label="{}"', label) if label else HIDDEN
    return format_html('<svg class="icon" {}><use href="{}#{}"></use></svg>', told, static("icons.svg"), name)


@register.simple_tag
def help(anchor: str) -> SafeString:
    """A small ? beside what it explains; the answer stands open even where scripts and anchors do nothing."""
    address = f"{reverse('help')}?{urlencode({'open': anchor})}#{anchor}"
    drawn = icon("question", _("帮助"))
    return format_html('<a class="help-mark" href="{}">{}</a>', address, drawn)


@register.simple_tag
def state_pill(state: str) -> SafeString:
    """Colour, icon and word of a state, always together."""
    look = words.STATES[state]
    return format_html(
        '<span class="pill tone-{}">{}{}</span>', look.tone, icon(look.icon), words.state(state)
    )


@register.filter
def tone(state: str) -> str:
    return words.STATES[state].tone


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], **changes: object) -> str:
    """This page's address with some of its questions changed; an empty value takes one away."""
    request: HttpRequest = context["request"]
    asked = request.GET.copy()
    for name, value in changes.items():
        asked.pop(name, None)
        if value not in ("", None):
            asked[name] = str(value)
    return f"?{asked.urlencode()}" if asked else request.path


@register.filter
def finding(kind: str) -> str:
    """The kind of a difference in one sentence."""
    return words.finding(kind)
