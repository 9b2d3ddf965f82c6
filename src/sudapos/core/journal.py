"""Drafts of journal entries from recipes; every draft balances and repeats the business number (INV-09).

Amounts in fen; a negative amount is a red letter. Revenue falls when a refund is approved and the customer
has a claim, the money leg is booked when it settles, cash does both at once (domain §4.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from .outcome import Route
from .recipes import ACCOUNT_SETS, CR, DR, RECIPES, SMALL_ENTERPRISE, Accounts, Recipe
from .refusal import Refusal
from .rules import Rules

__all__ = ["ACCOUNT_SETS", "RECIPES", "Accounts", "Draft", "Posting", "Recipe"]

MEMO_LENGTH = 60
"""Characters of 摘要 that accounting programs take (domain §4.5)."""
TO_CONFIRM = "待确认·以前年度"
"""Stands before the memo of an entry that the accountant may have to turn into an adjustment of last year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One line: side 借 or 贷, account code and name, fen."""

    side: str
    account: str
    name: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One entry before it is posted."""

    recipe: str
    business_no: str
    memo: str
    postings: tuple[Posting, ...]

    def reverse(self) -> Draft:
        """The same entry in red: what was posted is corrected by a new entry, never edited (INV-08)."""
        return replace(
            self,
            memo=_memo("冲销", self.business_no),
            postings=tuple(replace(line, amount=-line.amount) for line in self.postings),
        )


@dataclass(frozen=True, slots=True)
class Fee:
    """What the shop keeps beside a refund, and the tax in it; fen."""

    amount: int = 0
    tax: int = 0


NO_FEE = Fee()


def draft(
    number: str,
    business_no: str,
    *,
    channel: str = "cash",
    accounts: Accounts = SMALL_ENTERPRISE,
    **amounts: int,
) -> Draft:
    """The entry of recipe `number`; `amounts` are the names in its template, lines of nothing are left out.

    Raises Refusal account_missing for a channel without an account. An entry that does not balance is a bug.
    """
    recipe = RECIPES[number]
    postings = tuple(
        _posting(side, key, _signed(name, amounts), channel, accounts) for side, key, name in recipe.lines
    )
    return _checked(recipe, business_no, postings)


def sale_paid(
    business_no: str,
    payments: Sequence[tuple[str, int]],
    lines: Sequence[tuple[int, int]],
    *,
    coupon: bool = False,
    accounts: Accounts = SMALL_ENTERPRISE,
) -> Draft:
    """A sale: (channel, fen) per payment, (fen without tax, tax) per line. J01 when all is cash, else J02; J19a with a platform's `coupon`."""
    taken: Counter[str] = Counter()
    for channel, amount in payments:
        if not amount:
            continue  # all of it was bonus or points
        taken[_channel_key(channel, accounts)] += amount
    number = "J01" if set(taken) == {"cash"} else "J02"
    recipe = RECIPES["J19a" if coupon else number]
    net, tax = sum(net for net, _ in lines), sum(tax for _, tax in lines)
    debits = [_line(DR, key, amount, accounts) for key, amount in taken.items()]
    credited = [_line(CR, "revenue", net, accounts), _line(CR, "vat", tax, accounts)]
    return _checked(recipe, business_no, (*debits, *credited))


def refund_promised(
    business_no: str,
    amount: int,
    tax: int,
    *,
    fee: Fee = NO_FEE,
    goodwill: bool = False,
    earlier_year: bool = False,
    accounts: Accounts = SMALL_ENTERPRISE,
) -> Draft:
    """Approved: revenue and tax fall, the customer is owed (J05a); goodwill is our cost instead (J22a).

    What was sold in an earlier year lessens this period's revenue all the same, under a number of its own (J08). A
    `fee` that the shop keeps is other income (J30a, J30y).
    """
    if goodwill:
        return draft("J22a", business_no, amount=amount, accounts=accounts)
    if fee.amount:
        number = "J30y" if earlier_year else "J30a"
        return draft(number, business_no, channel="cash", accounts=accounts, **_with_fee(amount, tax, fee))
    number = "J08" if earlier_year else "J05a"
    return draft(number, business_no, net=amount - tax, tax=tax, amount=amount, accounts=accounts)


def may_adjust_last_year(sold: date, today: date, rules: Rules) -> bool:
    """Whether a return is an adjusting event of last year's report, under 企业会计准则 and before it goes out.

    Nothing is booked for it: the accountant decides (domain §4.2 rule 2).
    """
    month, day = map(int, rules.annual_report_date.split("-"))
    return (
        rules.account_set == "enterprise"
        and sold.year == today.year - 1
        and today < date(today.year, month, day)
    )


def to_confirm(entry: Draft) -> Draft:
    """The same entry, marked for the accountant."""
    title = f"{TO_CONFIRM} {RECIPES[entry.recipe].title}"
    return replace(entry, memo=_memo(title, entry.business_no))


def _with_fee(amount: int, tax: int, fee: Fee) -> dict[str, int]:
    """All that the lines gave up, and the fee in it; `tax` is the refund's own."""
    whole_tax = tax + fee.tax
    return {
        "amount": amount,
        "net": amount + fee.amount - whole_tax,
        "tax": whole_tax,
        "fee_net": fee.amount - fee.tax,
        "fee_tax": fee.tax,
    }


def refund_undone(
    business_no: str,
    amount: int,
    tax: int,
    *,
    fee: Fee = NO_FEE,
    goodwill: bool = False,
    accounts: Accounts = SMALL_ENTERPRISE,
) -> Draft:
    """What was promised and will certainly not be paid is taken back (J05e, J22e, J30e); a part of it likewise."""
    if goodwill:
        return draft("J22e", business_no, amount=amount, accounts=accounts)
    if fee.amount:
        return draft("J30e", business_no, channel="cash", accounts=accounts, **_with_fee(amount, tax, fee))
    return draft("J05e", business_no, net=amount - tax, tax=tax, amount=amount, accounts=accounts)


def deposit_promised(
    business_no: str, returned: int, *, kept: int = 0, accounts: Accounts = SMALL_ENTERPRISE
) -> Draft:
    """Approved: a deposit becomes what the customer is owed, and what is kept of it (J18c; J05b completes J18b)."""
    whole = returned + kept
    return draft("J18c", business_no, amount=whole, returned=returned, kept=kept, accounts=accounts)


def deposit_undone(
    business_no: str, returned: int, *, kept: int = 0, accounts: Accounts = SMALL_ENTERPRISE
) -> Draft:
    """It was not given back: the whole of it is a deposit again (J18e)."""
    whole = returned + kept
    return draft("J18e", business_no, amount=whole, returned=returned, kept=kept, accounts=accounts)


def refund_settled(
    business_no: str,
    channel: str,
    amount: int,
    *,
    route: Route,
    bounced: bool = False,
    accounts: Accounts = SMALL_ENTERPRISE,
) -> Draft:
    """A leg is paid: from the channel's account, the drawer or the bank, as its route says (J05b, J11).

    By exchange nothing is paid: what is owed waits in 2241.05 for the new sale, which takes it in the same commit.

    `bounced` says that the channel had sent the money back before this transfer (J12b).
    """
    if route is Route.TRANSFER:
        return draft("J12b" if bounced else "J11", business_no, amount=amount, accounts=accounts)
    source = {Route.CASH: "cash", Route.EXCHANGE: "exchange"}.get(route, channel)
    return draft("J05b", business_no, channel=source, amount=amount, accounts=accounts)


def card_refunded(
    business_no: str,
    *,
    principal: int,
    bonus: int,
    tax: int,
    goodwill: bool = False,
    accounts: Accounts = SMALL_ENTERPRISE,
) -> Draft:
    """Back on a card in its buckets: what was bonus made no revenue, and costs none now (J17d, J17g)."""
    whole = principal + bonus
    if goodwill:
        return draft("J17g", business_no, accounts=accounts, amount=whole, principal=principal, bonus=bonus)
    return draft(
        "J17d", business_no, accounts=accounts, amount=whole, principal=principal, net=bonus - tax, tax=tax
    )


def set_off(
    business_no: str, amount: int, *, user: int | None = None, accounts: Accounts = SMALL_ENTERPRISE
) -> Draft:
    """What bounced meets what the customer owes for a wrong refund: nothing is paid (J26d).

    `user` is her part of a platform-coupon order; the platform's was never hers, as by transfer (J26f, J19c).
    """
    if user is None or user == amount:
        return draft("J26d", business_no, amount=amount, accounts=accounts)
    return draft("J26f", business_no, amount=amount, user=user, coupon=amount - user, accounts=accounts)


def coupon_by_transfer(
    business_no: str, amount: int, *, user: int, accounts: Accounts = SMALL_ENTERPRISE
) -> Draft:
    """A refund of a coupon order leaves our own bank: the customer's part, the platform's stays (J19c)."""
    return draft("J19c", business_no, amount=amount, user=user, coupon=amount - user, accounts=accounts)


def refund_bounced(
    business_no: str, channel: str, amount: int, *, route: Route, accounts: Accounts = SMALL_ENTERPRISE
) -> Draft:
    """A settled leg came back: the money is ours again, and the customer is owed again (J12a)."""
    source = {Route.TRANSFER: "transfer", Route.CASH: "cash"}.get(route, channel)
    return draft("J12a", business_no, channel=source, amount=amount, accounts=accounts)


def cash_refunded(
    business_no: str, amount: int, tax: int, *, goodwill: bool = False, accounts: Accounts = SMALL_ENTERPRISE
) -> Draft:
    """Approved and paid from the drawer at once (J04); goodwill leaves revenue alone (J22)."""
    if goodwill:
        return draft("J22", business_no, amount=amount, accounts=accounts)
    return draft("J04", business_no, net=amount - tax, tax=tax, amount=amount, accounts=accounts)


def cash_rounded(
    business_no: str, *, owed: int, paid: int, source: str = "cash", accounts: Accounts = SMALL_ENTERPRISE
) -> Draft:
    """An owed cash refund leaves the drawer (or the bank), rounded up or evening out an earlier rounding (J20)."""
    if paid == owed:
        return refund_settled(business_no, "cash", owed, route=Route.CASH, accounts=accounts)
    number = "J20a" if paid > owed else "J20b"
    parts = {"owed": owed, "paid": paid, "difference": abs(paid - owed)}
    return draft(number, business_no, channel=source, accounts=accounts, **parts)


def sale_voided(
    business_no: str, channel: str, amount: int, tax: int, *, accounts: Accounts = SMALL_ENTERPRISE
) -> Draft:
    """A whole payment undone before clearing: it never reaches settlement (J21)."""
    return draft(
        "J21", business_no, channel=channel, net=amount - tax, tax=tax, amount=amount, accounts=accounts
    )


def channel_settled(
    business_no: str, channel: str, *, amount: int, fee: int, accounts: Accounts = SMALL_ENTERPRISE
) -> Draft:
    """The channel pays out `amount` less its fee, as the statement says (J03)."""
    return draft(
        "J03", business_no, channel=channel, amount=amount, fee=fee, net=amount - fee, accounts=accounts
    )


def fee_returned(business_no: str, channel: str, fee: int, *, accounts: Accounts = SMALL_ENTERPRISE) -> Draft:
    """The channel gives its fee back with a refund, as the statement says (J05c)."""
    return draft("J05c", business_no, channel=channel, fee=fee, accounts=accounts)


def drawer_counted(
    business_no: str, *, expected: int, counted: int, accounts: Accounts = SMALL_ENTERPRISE
) -> Draft | None:
    """A drawer that is short or over waits in 1901 for an explanation (J15a, J16a); None when it is right."""
    if counted == expected:
        return None
    number = "J15a" if counted < expected else "J16a"
    return draft(number, business_no, amount=abs(counted - expected), accounts=accounts)


def styled(entry: Draft, rules: Rules) -> Draft:
    """The draft as the merchant's books want it: red letters stay, or stand positive on the other side."""
    if rules.journal_style == "RED_CREDIT":
        return entry
    return replace(entry, postings=tuple(_turned(line) for line in entry.postings))


def balanced(entry: Draft) -> bool:
    """Σ借 = Σ贷, red letters counted as negative (INV-09)."""
    return sum(_weight(line) for line in entry.postings) == 0


def balances(entries: Iterable[Draft]) -> dict[str, int]:
    """Account → debit minus credit, fen; accounts that come to nothing stay in with 0."""
    sums: dict[str, int] = {}
    for entry in entries:
        for line in entry.postings:
            sums[line.account] = sums.get(line.account, 0) + _weight(line)
    return sums


def _weight(line: Posting) -> int:
    return line.amount if line.side == DR else -line.amount


def _turned(line: Posting) -> Posting:
    if line.amount >= 0:
        return line
    return replace(line, side=CR if line.side == DR else DR, amount=-line.amount)


def _signed(name: str, amounts: dict[str, int]) -> int:
    return -amounts[name[1:]] if name.startswith("-") else amounts[name]


def _posting(side: str, key: str, amount: int, channel: str, accounts: Accounts) -> Posting:
    return _line(side, _channel_key(channel, accounts) if key == "channel" else key, amount, accounts)


def _channel_key(channel: str, accounts: Accounts) -> str:
    try:
        return accounts.channels[channel]
    except KeyError:
        raise Refusal("account_missing", channel=channel) from None


def _line(side: str, key: str, amount: int, accounts: Accounts) -> Posting:
    code, name = accounts.codes[key]
    return Posting(side=side, account=code, name=name, amount=amount)


def _checked(recipe: Recipe, business_no: str, postings: tuple[Posting, ...]) -> Draft:
    kept = tuple(line for line in postings if line.amount)
    entry = Draft(
        recipe=recipe.number,
        business_no=business_no,
        memo=_memo(recipe.title, business_no),
        postings=kept,
    )
    if not balanced(entry):
        raise ValueError(f"{recipe.number} {business_no} does not balance: {kept}")
    return entry


def _memo(title: str, business_no: str) -> str:
    """Title and number in 60 characters; else the title gives way, the number's tail stays."""
    room = max(0, MEMO_LENGTH - len(business_no) - 1)
    return f"{title[:room]} {business_no}".strip()[-MEMO_LENGTH:]
