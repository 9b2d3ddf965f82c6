"""What is said when something is refused: code, sentence, next step, in the style of every other page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sudapos.books import intake
from sudapos.core import sentences
from sudapos.core.refusal import Refusal

from . import language


@dataclass(frozen=True, slots=True)
class Said:
    """A refusal as a person reads it."""

    code: str
    text: str
    hint: str = ""


def _own_words() -> dict[str, tuple[str, str]]:
    """Refusals that only the web room knows."""
    return {
        "amount_invalid": (_("金额不对。"), _("请写成 19.99：大于 0，最多两位小数。")),
        "name_needed": (_("有一行没有写商品名。"), _("每一行都要有名字和单价；不要的行请清空。")),
        "idempotency_key_reused": (
            _("这张表单刚才已经退过一笔，内容不同。"),
            _("请看“这一单退过”；确实还要再退，核对后再按一次。"),
        ),
        "page_not_found": (_("没有这个页面。"), _("请检查地址，或从待办重新开始。")),
        "page_broken": (
            _("页面出了问题，已经记下来了。"),
            _("没有写入的退款不会发出。请重试；还不行请联系技术支持。"),
        ),
        "form_expired": (_("这个页面开得太久，已经失效。"), _("请返回上一页刷新后重试，填写的内容还在。")),
        "till_needed": (_("这里没有收银台。"), _("请退出后选一个收银台再登录。")),
        "pick_first": (_("还没有选要退的商品。"), _("请勾选商品、选择“全部退”或输入金额。")),
        "pick_reason": (_("还没有选退款原因。"), _("点一下原因：原因决定要不要审批。")),
        "bad_request": (_("这个请求看不懂。"), _("请返回上一页重试。")),
    }


def say(refusal: Refusal) -> Said:
    """The sentence and next step for a refusal, in the page's language."""
    own = _own_words().get(refusal.code)
    if own:
        return Said(refusal.code, *own)
    if refusal.code == "over_refund" and "line_no" in refusal.facts:
        return _too_many(refusal)
    lang = language.current()
    told = sentences.say(refusal.code, lang, **refusal.facts)
    wrong = dict.fromkeys(sentences.field_word(error.code, lang) for error in refusal.errors)
    return Said(refusal.code, told.text, _("；").join(wrong) or told.hint)


def _too_many(refusal: Refusal) -> Said:
    """More pieces than are left is said in pieces, not in yuan."""
    left = refusal.facts["left_milli"]
    assert isinstance(left, int)
    text = _("这一行最多还能退 %(left)s。") % {"left": intake.quantity(left) if left else "0"}
    return Said(refusal.code, text, _("已退和处理中的部分不能再退。"))


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A whole page that says no and shows the way out."""
    return page(request, say(refusal), status=refusal.http_status)


def page(request: HttpRequest, said: Said, *, status: int) -> HttpResponse:
    return render(request, "pages/refused.html", {"said": said, "status": status}, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, say(Refusal("page_not_found")), status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, say(Refusal("form_expired")), status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, say(Refusal("bad_request")), status=400)


def broken(request: HttpRequest) -> HttpResponse:
    """The last resort: no database, no session, nothing that could fail again."""
    said = say(Refusal("page_broken"))
    return HttpResponse(_BROKEN % {"text": said.text, "hint": said.hint, "back": _("回到待办")}, status=500)


_BROKEN = """<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>500</title><link rel="stylesheet" href="/static/css/tokens.css"><link rel="stylesheet" href="/static/css/desk.css">
</head><body><main class="main narrow"><section class="card refused"><p class="refused-code">500</p><h1>%(text)s</h1>
<p class="hint">%(hint)s</p><p><a class="button primary" href="/">%(back)s</a></p></section></main></body></html>"""
