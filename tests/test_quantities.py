"""Quantities: what is read from a text, and what can be computed with it exactly."""

import pytest

from labutils.quantities import Quantity, compare, parse_number, parse_quantity, subtract


@pytest.mark.parametrize(("text", "read"), [
    ("12 years", (12, "year")), ("twelve (12) years", (12, "year")), ("twelve years", (12, "year")),
    ("one year", (1, "year")), ("forty-four months", (44, "month")), ("two hundred and ten days", (210, "day")),
    ("8 business days", (8, "business day")), ("30 Days", (30, "day")), ("no later than ten days", (10, "day")),
    ("EUR 4,105,000", (4_105_000, "EUR")), ("USD 1,000.50", (1000.5, "USD")), ("7.25%", (7.25, "%")),
    ("3.5 per cent", (3.5, "%")), ("1.7 percent a month", (1.7, "%")), ("at least 72 hours", (72, "hour")),
    ("[1] 6 weeks", (6, "week"))])
def test_a_quantity_is_read_with_its_unit(text, read):
    assert parse_quantity(text) == read


@pytest.mark.parametrize("text", ["", "Slovenia", "Section 12", "a reasonable time", "days", "of these years", "12"])
def test_what_is_no_quantity_is_none(text):
    assert parse_quantity(text) is None


@pytest.mark.parametrize(("text", "number"), [("1,400,000", 1_400_000), ("45", 45), ("ninety nine", 99), ("", None),
                                              ("hundred", 100), ("Tuesday", None)])
def test_a_number_in_digits_or_words(text, number):
    assert parse_number(text) == number


@pytest.mark.parametrize(("quantity", "text"), [
    (Quantity(1, "month"), "1 month"), (Quantity(6, "month"), "6 months"), (Quantity(3.5, "%"), "3.5%"),
    (Quantity(1475000, "EUR"), "EUR 1,475,000"), (Quantity(0, "day"), "0 days"), (Quantity(2.25, "%"), "2.25%")])
def test_a_quantity_is_written_as_contracts_write_it(quantity, text):
    assert str(quantity) == text and parse_quantity(text) == quantity


@pytest.mark.parametrize(("one", "other", "distance"), [
    ("30 days", "45 days", "15 days"), ("2 years", "30 months", "6 months"), ("30 months", "2 years", "6 months"),
    ("3 weeks", "10 days", "11 days"), ("7 years", "12 years", "5 years"), ("8.5%", "5%", "3.5%"),
    ("EUR 5,000", "EUR 7,500", "EUR 2,500"), ("2 years", "24 months", "0 months")])
def test_a_distance_is_exact(one, other, distance):
    assert str(subtract(parse_quantity(one), parse_quantity(other))) == distance


@pytest.mark.parametrize(("one", "other"), [("1 month", "30 days"), ("EUR 5", "USD 5"), ("8 business days", "10 days"),
                                            ("5%", "5 days"), ("72 hours", "3 days")])
def test_what_cannot_be_converted_exactly_has_no_distance_and_no_order(one, other):
    a, b = parse_quantity(one), parse_quantity(other)
    assert subtract(a, b) is None and compare(a, b) is None


def test_order_follows_the_base_unit_and_a_bare_number_has_any_unit():
    assert compare(parse_quantity("2 years"), parse_quantity("30 months")) == -1
    assert compare(parse_quantity("60 days"), parse_quantity("8 weeks")) == 1
    assert compare(parse_quantity("24 months"), parse_quantity("2 years")) == 0
    assert compare(parse_quantity("EUR 5,000"), 4_000.0) == 1
    assert compare(parse_quantity("EUR 5,000"), None) is None
