"""The products of an order are lines of its event, through both doors alike, each order once."""

import json
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cdp.base.database.sql import execute, rows
from profiles.identity.verify import verify
from profiles.ingestion.events.lines import MOST_LINES
from profiles.models import Event, OrderLine
from tests.builders import now, user
from tests.profiles.imports.building import WHOLE_ORDER, counts, loaded, table, whole_orders
from tests.profiles.ingestion.sending import personal, reasons, take, text_of_database, track, write_key
from tests.profiles.test_api import Service

pytestmark = pytest.mark.django_db

PRODUCTS = [
    {"product_id": "BOOT-1", "category": "boots", "quantity": 2, "price": "199.50", "name": "Winter boot"},
    {"sku": "SOCK-3", "quantity": 1, "price": 49, "total": 40, "currency": "sek", "coupon": "SPRING"},
]
LINES = [
    (1, "BOOT-1", "boots", Decimal(2), Decimal("199.5"), Decimal(399), "DKK", {"name": "Winter boot"}),
    (2, "SOCK-3", None, Decimal(1), Decimal(49), Decimal(40), "SEK", {"coupon": "SPRING"}),
]


def order(products, name="Order Completed", **members):
    return track(name, properties={"order_id": "O-1", "currency": "DKK", "products": products}, **members)


def lines() -> list[tuple]:
    columns = ("position", "product_id", "category", "quantity", "price", "amount", "currency", "properties")
    return list(OrderLine.objects.order_by("event", "position").values_list(*columns))


def file_of(*orders) -> bytes:
    return whole_orders(*(["K-1", now().isoformat(), name, "DKK", products] for name, products in orders))


# --- Both doors ---------------------------------------------------------------------------------------------------


def test_the_products_of_a_call_are_lines_and_no_property():
    take(order(PRODUCTS))

    event = Event.objects.get()
    assert lines() == LINES
    assert (event.properties, event.product_id, event.quantity, event.price, event.flags) == (None,) * 5


def test_a_file_of_whole_orders_gives_the_same_lines():
    file_import = loaded(file_of(("O-1", json.dumps(PRODUCTS)), ("O-2", "")), WHOLE_ORDER)

    assert counts(file_import) == (2, 0, 0, 0)
    assert lines() == LINES
    assert set(OrderLine.objects.values_list("event__order_id", flat=True)) == {"O-1"}


def test_a_file_with_one_row_a_line_gives_the_same_lines_in_the_view_of_all():
    take(order(PRODUCTS))
    spec = WHOLE_ORDER | {
        "event": {
            "name": "Order Line", "occurred_at": "when", "order_id": "order", "product_id": "sku", "category": "kind",
            "quantity": "pieces", "price": "each", "amount": "sum", "currency": "currency",
        }
    }  # fmt: skip
    columns = ["customer", "when", "order", "sku", "kind", "pieces", "each", "sum", "currency"]
    told = [line[1:7] for line in LINES]
    loaded(table(columns, *(["K-1", now().isoformat(), "O-1", *line] for line in told)), spec)

    found = rows(
        "SELECT n.name, l.product_id, l.category, l.quantity, l.price, l.amount, l.currency FROM profiles_line l"
        " JOIN profiles_event e ON e.id = l.event_id JOIN profiles_eventname n ON n.id = e.name_id"
        " WHERE e.order_id = 'O-1' ORDER BY n.name, l.product_id"
    )
    assert found == [(name, *line) for name in ("Order Completed", "Order Line") for line in told]


@pytest.mark.parametrize("name", ["Order Updated", "Order Refunded", "Order Cancelled", "Checkout Started",
                                  "Cart Viewed", "Abonnement fornyet"])  # fmt: skip
def test_orders_refunds_and_carts_have_lines(name):
    take(order(PRODUCTS, name))

    assert lines() == LINES


@pytest.mark.parametrize(
    ("name", "products"),
    [
        ("Product List Viewed", PRODUCTS),
        ("Product List Filtered", PRODUCTS),
        ("Order Completed", ["BOOT-1", "SOCK-3"]),
        ("Order Completed", "BOOT-1"),
        ("Order Completed", []),
    ],
)
def test_what_was_only_shown_or_is_no_list_of_products_stays_a_property(name, products):
    take(order(products, name))

    assert lines() == []
    assert Event.objects.get().properties == {"products": products}


def test_an_order_that_names_a_product_itself_keeps_it_beside_its_lines():
    take(track("Order Completed", properties={"product_id": "BUNDLE", "products": PRODUCTS}))

    assert Event.objects.get().product_id == "BUNDLE"
    assert rows("SELECT product_id FROM profiles_line ORDER BY position") == [("BOOT-1",), ("SOCK-3",)]


# --- What cannot be read ------------------------------------------------------------------------------------------


def test_a_number_that_cannot_be_read_stays_with_its_line_and_flags_the_event():
    products = [{"sku": "A", "quantity": "two", "price": 10}, {"sku": "B", "quantity": 1, "price": 10}]

    take(order(products))
    loaded(file_of(("O-2", json.dumps(products))), WHOLE_ORDER)

    told = [
        (1, "A", None, None, Decimal(10), None, "DKK", {"quantity": "two"}),
        (2, "B", None, Decimal(1), Decimal(10), Decimal(10), "DKK", None),
    ]
    assert lines() == told * 2
    assert list(Event.objects.values_list("flags", flat=True)) == [["line_unread"]] * 2


def test_a_product_that_is_no_object_stays_with_its_line_and_an_empty_one_is_none():
    take(order([{"sku": "A"}, "SOCK-3", {}, None, "", 0]))

    told = [(1, "A", None), (2, None, {"unread": "SOCK-3"}), (3, None, {"unread": 0})]
    assert [(line[0], line[1], line[-1]) for line in lines()] == told
    assert Event.objects.get().flags == ["line_unread"]


def test_an_event_with_too_many_products_goes_aside_and_its_row_is_rejected():
    many = [{"sku": f"S{number}"} for number in range(MOST_LINES + 1)]

    take(order(many), order(many[1:]))
    file_import = loaded(file_of(("O-2", json.dumps(many))), WHOLE_ORDER)

    assert reasons() == {"too_many_lines": 1}
    assert (len(lines()), file_import.rows_rejected) == (MOST_LINES, 1)


@pytest.mark.parametrize(("price", "quantity"), [("0.0001", "0.5"), (10**13, 1000)])
def test_an_amount_that_no_column_holds_is_not_made_up(price, quantity):
    take(order([{"sku": "A", "price": price, "quantity": quantity}]))

    assert [line[5] for line in lines()] == [None]


@pytest.mark.parametrize("products", ["A, B", '["A"]', '{"sku": "A"}', '[{"sku": NaN}]', '[{"sku": "\\u0000"}]'])
def test_a_row_whose_list_is_none_is_rejected_and_the_others_go_in(products):
    file_import = loaded(file_of(("O-1", json.dumps(PRODUCTS)), ("O-2", products)), WHOLE_ORDER)

    assert counts(file_import) == (1, 0, 0, 1)
    assert list(file_import.rejections.values_list("column", "code")) == [("products", "not_products")]
    assert lines() == LINES


def test_what_is_personal_in_a_line_is_sealed_with_the_event():
    products = [{"sku": "A"}, {"sku": "B", "recipient": "planted-name", "engraving": "to planted@example.dk"}]

    take(order(products))
    loaded(file_of(("O-2", json.dumps(products))), WHOLE_ORDER)

    assert [(line[1], line[-1]) for line in lines()] == [("A", None), ("B", None)] * 2
    assert "planted" not in text_of_database()
    assert Event.objects.exclude(sealed=None).count() == 2


def test_the_sealed_members_say_which_line_they_are_of():
    take(order([{"sku": "A"}, {"sku": "B", "recipient": "Anna"}]))

    assert personal("Order Completed") == {"products": {"2": {"recipient": "Anna"}}}


# --- Once, and whole ----------------------------------------------------------------------------------------------


def test_an_order_delivered_again_has_its_lines_once():
    key, call = write_key(), order(PRODUCTS, messageId="m-1")

    take(call, call, key=key)
    take(call, key=key)

    assert lines() == LINES


def test_an_order_loaded_again_has_its_lines_once():
    content = file_of(("O-1", json.dumps(PRODUCTS)))
    mapping = loaded(content, WHOLE_ORDER).mapping

    again = loaded(content + b"\r\n", mapping, file_name="again.csv")

    assert counts(again) == (0, 0, 1, 0)
    assert lines() == LINES


def test_lines_are_never_changed_and_go_with_their_event():
    take(order(PRODUCTS))

    for statement in ("UPDATE {} SET quantity = 9", "DELETE FROM {}", "TRUNCATE {}"):
        for name in ("profiles_orderline", f"profiles_orderline_{now():%Y_%m}"):
            with pytest.raises(IntegrityError), transaction.atomic():
                execute(statement.format(name))
    with transaction.atomic():
        execute("SET LOCAL kendt.erasing = 'on'")
        execute("DELETE FROM profiles_event")
    assert lines() == []


def test_a_line_without_its_event_is_found_by_verify():
    take(order(PRODUCTS))
    assert verify()["references"] == 0

    execute(
        "INSERT INTO profiles_orderline (event_id, occurred_at, position)"
        " SELECT id, occurred_at - interval '1 second', 9 FROM profiles_event"
    )
    assert verify()["references"] == 1


# --- Where they are seen ------------------------------------------------------------------------------------------


def test_the_api_gives_the_lines_of_each_event():
    take(order(PRODUCTS), track())

    found = Service("profiles:read").get("events", name="Order Completed").json()["data"]
    others = Service("profiles:read").get("events", name="Product Viewed").json()["data"]

    assert [tuple(line.values()) for line in found[0]["lines"]] == [
        (1, "BOOT-1", "boots", "2.0000", "199.5000", "399.0000", "DKK", {"name": "Winter boot"}),
        (2, "SOCK-3", None, "1.0000", "49.0000", "40.0000", "SEK", {"coupon": "SPRING"}),
    ]
    assert [event["lines"] for event in others] == [[]]


def test_the_timeline_of_a_person_shows_the_lines(client):
    take(order(PRODUCTS))
    client.force_login(user(roles=["Steward"]))
    profile = Event.objects.get().profile_id

    html = client.get(reverse("admin:profiles_profile_change", args=[profile]), {"tab": "timeline"}).content.decode()

    shown = ("BOOT-1", "Winter boot", "SOCK-3", "coupon: SPRING", "399.00 DKK", "40.00 SEK")
    assert [word for word in shown if word not in html] == []


def test_the_page_of_an_event_shows_the_lines_of_an_order_of_nobody(client):
    loaded(whole_orders(["", now().isoformat(), "O-1", "DKK", json.dumps(PRODUCTS)]), WHOLE_ORDER)
    client.force_login(user(roles=["Steward"]))
    event = Event.objects.get(profile=None)

    html = client.get(reverse("admin:profiles_event_change", args=[event.pk])).content.decode()

    assert [word for word in ("BOOT-1", "Winter boot", "SOCK-3", "40.00 SEK") if word not in html] == []
