"""The places of the shop and their addresses."""

from django.conf import settings
from django.urls import path, re_path
from django.views.generic import RedirectView

from . import (
    accounts,
    approvals,
    audits,
    counter,
    desk,
    giving_back,
    helping,
    journal,
    policy,
    prints,
    privacy,
    refunds,
    sign,
    till,
)

urlpatterns = [
    path("", desk.home, name="desk"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}mark.svg")),
    path("sign-in/", sign.sign_in, name="sign-in"),
    path("sign-out/", sign.sign_out, name="sign-out"),
    path("counter/", counter.find, name="counter"),
    path("counter/<path:sale_no>/preview/", giving_back.preview, name="counter-preview"),
    path("counter/<path:sale_no>/", giving_back.sale, name="counter-sale"),
    path("refunds/", refunds.listed, name="refunds"),
    path("refunds/<str:refund_no>/", refunds.one, name="refunds-one"),
    path("refunds/<str:refund_no>/live/", refunds.live, name="refunds-live"),
    path("refunds/<str:refund_no>/withdraw/", refunds.withdraw, name="refunds-withdraw"),
    path("refunds/<str:refund_no>/voucher/", prints.voucher, name="refunds-voucher"),
    re_path(
        r"^refunds/(?P<refund_no>[^/]+)/legs/(?P<leg_no>[^/]+)/(?P<act>confirm|ask|retry|transfer|refund|drop|close-alarm)/$",
        refunds.leg,
        name="refunds-leg",
    ),
    path("approvals/", approvals.cards, name="approvals"),
    re_path(
        r"^approvals/(?P<refund_no>[^/]+)/(?P<act>approve|reject)/$",
        approvals.decide,
        name="approvals-decide",
    ),
    path("till/", till.ring_up, name="till"),
    path("till/<path:sale_no>/", till.done, name="till-done"),
    path("journal/", journal.entries, name="journal"),
    path("audit/", audits.log, name="audit"),
    path("settings/", RedirectView.as_view(pattern_name="accounts")),
    path("settings/privacy/", privacy.desk, name="privacy"),
    path("person/<path:sale_no>/", privacy.person, name="person"),
    path("settings/policy/", policy.listed, name="policy"),
    path("settings/policy/new/", policy.edit, name="policy-new"),
    path("settings/policy/import/", policy.bring, name="policy-import"),
    re_path(r"^settings/policy/(?P<number>[0-9]{1,9})/$", policy.one, name="policy-one"),
    re_path(r"^settings/policy/(?P<number>[0-9]{1,9})/file/$", policy.export, name="policy-export"),
    re_path(
        r"^settings/policy/(?P<number>[0-9]{1,9})/(?P<act>approve|reject)/$",
        policy.decide,
        name="policy-decide",
    ),
    path("settings/accounts/", accounts.listed, name="accounts"),
    path("settings/accounts/keep/", accounts.keep, name="accounts-keep"),
    path("settings/accounts/new/<str:channel>/", accounts.new, name="accounts-new"),
    path("settings/accounts/<str:name>/", accounts.one, name="accounts-one"),
    path("settings/accounts/<str:name>/check/", accounts.check, name="accounts-check"),
    path("settings/accounts/<str:name>/licence/", accounts.licence, name="accounts-licence"),
    path("help/", helping.answers, name="help"),
]
