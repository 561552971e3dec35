"""What families can buy, as they read it."""

import pytest

from models.plans import Catalog


@pytest.mark.parametrize(
    ("currency", "price_minor", "shown"),
    [
        ("usd", 600, "6.00 USD"),
        ("usd", 5, "0.05 USD"),
        ("jpy", 600, "600 JPY"),
        ("kwd", 600, "0.600 KWD"),
        ("eur", 123456789, "1234567.89 EUR"),
    ],
)
def test_a_price_is_shown_in_the_units_of_its_currency(currency: str, price_minor: int, shown: str) -> None:
    assert Catalog(currency, {}, {}).shown(price_minor) == shown
