"""Cards and points in any order of refunds: every bucket gets back exactly what it gave (INV-01 to INV-03)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import tenders
from sudapos.core.tenders import Parts

FEN = st.integers(0, 10**7)


@given(FEN, FEN, st.lists(st.integers(1, 10**6), max_size=12), FEN)
def test_any_order_of_refunds_returns_exactly_each_bucket_and_all_the_tax(principal, bonus, asked, tax):
    used, tax = Parts(principal, bonus), min(tax, bonus)
    back, tax_back = Parts(), 0
    for amount in (*asked, 10**9):
        amount = min(amount, (used - back).total)
        parts = tenders.give_back(amount, used=used, back=back)
        assert parts.total == amount
        given_back = tenders.tax_back(
            tax=tax, bonus=bonus, before=back.bonus, tax_before=tax_back, now=parts.bonus
        )
        back, tax_back = back + parts, tax_back + given_back
        assert parts.principal >= 0 and parts.bonus >= 0 and given_back >= 0
        assert back.principal <= principal and back.bonus <= bonus
    assert back == used
    assert tax_back == (tax if bonus else 0)


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.sampled_from([0, 100, 600, 900, 1300])), min_size=1),
    st.lists(st.floats(0, 1), min_size=1, max_size=3),
)
def test_money_and_bonus_share_the_tax_without_a_fen_lost(rated, shares):
    total = sum(amount for amount, _ in rated)
    bonuses = [int(total * share / len(shares)) for share in shares]
    lines = tenders.money_lines(rated, sum(bonuses))
    assert sum(net + tax for net, tax in lines) == total - sum(bonuses)
    whole = sum(tax for _, tax in tenders.money_lines(rated, 0))
    missing = tenders.bonus_tax(rated, bonuses)
    assert all(0 <= tax <= bonus for tax, bonus in zip(missing, bonuses, strict=True))
    assert sum(missing) + sum(tax for _, tax in lines) == whole
