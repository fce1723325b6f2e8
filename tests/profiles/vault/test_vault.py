"""Sealed values open only where they were sealed, and every opening leaves a line."""

import hmac

import pytest
from cryptography.exceptions import InvalidTag
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from cdp.base.database.ids import uuid7
from profiles import vault
from profiles.models import AccessEntry, DataKey
from profiles.vault import (
    DOCUMENT,
    Item,
    Keyring,
    blind,
    destroy_keys,
    keys,
    log_refused,
    mask,
    masked,
    open_own,
    open_values,
    seal_own,
)
from tests.builders import user

PLACE = "consents_consentevidence.sealed"
pytestmark = pytest.mark.django_db


def sealed(text="Ærø", identity=None, place=PLACE):
    identity = identity or uuid7()
    return Item(identity, place, Keyring.for_writing([identity]).seal(identity, place, text), "last_name")


def test_a_value_opens_for_its_identity_at_its_place():
    item = sealed("Ærø")

    assert Keyring.for_reading([item.identity]).open(item.identity, PLACE, item.blob) == "Ærø"
    assert "Ærø".encode() not in item.blob


def test_a_value_moved_to_another_place_or_person_does_not_open():
    item, other = sealed(), uuid7()
    ring = Keyring.for_writing([item.identity, other])

    with pytest.raises(InvalidTag):
        ring.open(item.identity, "profiles_identifier.sealed", item.blob)
    with pytest.raises(InvalidTag):
        ring.open(other, PLACE, item.blob)


def test_a_shredded_person_cannot_be_opened_or_sealed_to_again():
    item = sealed()

    assert destroy_keys([item.identity]) == 1

    assert Keyring.for_reading([item.identity]).open(item.identity, PLACE, item.blob) is None
    with pytest.raises(KeyError):
        Keyring.for_writing([item.identity]).seal(item.identity, PLACE, "again")
    assert DataKey.objects.get(pk=item.identity).wrapped is None


def test_opening_writes_one_line_that_says_who_what_and_why():
    items, anna = [sealed("Anna"), sealed("Bo")], user("anna")

    values = open_values(items, by=anna, action="reveal", purpose="call back", request_id="r-1")

    assert values == ["Anna", "Bo"]
    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.actor_label, entry.action, entry.purpose) == (anna.pk, "anna", "reveal", "call back")
    assert entry.identities == sorted(item.identity for item in items)
    assert (entry.fields, entry.count, entry.allowed, entry.request_id) == (["last_name"], 2, True, "r-1")


def test_of_a_document_only_the_fields_that_are_asked_for_are_told_and_logged():
    document = sealed('{"first_name": "Anna", "last_name": "Ærø"}', place=DOCUMENT)
    items = [document, document._replace(field="street")]

    assert open_values(items, by=None, action="test", purpose="test") == ["Ærø", None]

    line = AccessEntry.objects.get()
    assert (line.fields, line.identities) == (["last_name", "street"], [document.identity])
    destroy_keys([document.identity])
    assert masked([document]) == [None]


def test_opening_needs_a_purpose():
    with pytest.raises(ValueError, match="purpose"):
        open_values([sealed()], by=None, action="reveal", purpose=" ")


def test_opening_nothing_leaves_no_line():
    assert open_values([], by=None, action="reveal", purpose="call back") == []
    assert not AccessEntry.objects.exists()


def test_a_refused_attempt_is_logged_as_refused():
    log_refused([sealed()], by=user("bo"), action="reveal", purpose="curious")

    assert list(AccessEntry.objects.values_list("actor_label", "allowed")) == [("bo", False)]


def test_a_list_of_masks_discloses_nothing_and_is_not_logged():
    assert masked([sealed("Anna"), Item(uuid7(), PLACE, None, "last_name")]) == ["A•••", None]
    assert not AccessEntry.objects.exists()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("anna@example.dk", "a•••@example.dk"),
        ("+4520123456", "+45 •• •• 34 56"),
        ("Anna Marie", "A••• M•••"),
        ("K1001", "K•••"),
    ],
)
def test_a_mask_shows_enough_to_recognise_and_not_enough_to_know(text, shown):
    assert mask(text) == shown


def test_a_blind_index_is_equal_in_one_namespace_only():
    assert blind("email", "anna@example.dk") == blind("email", "anna@example.dk")
    assert blind("email", "anna@example.dk") != blind("login", "anna@example.dk")
    with pytest.raises(ValueError, match="empty"):
        blind("email", "")


def test_a_blind_index_is_the_first_half_of_the_hmac_of_the_value(settings_key):
    key = keys.derive(settings_key, "kendt/index/v1/email")

    assert blind("email", "anna@example.dk").bytes == hmac.digest(key, b"anna@example.dk", "sha256")[:16]


def test_a_body_opens_only_at_its_place():
    blob = seal_own("profiles_ingestrequest.sealed", b"body")

    assert open_own("profiles_ingestrequest.sealed", blob) == b"body"
    with pytest.raises(InvalidTag):
        open_own("profiles_rejection.sealed_row", blob)


@given(label=st.text(st.characters(exclude_categories=["Cs"])), content=st.binary(max_size=500))
def test_a_digest_is_the_hmac_of_its_label(settings_key, label, content):
    key = keys.derive(settings_key, f"kendt/index/v1/digest:{label}")

    assert vault.digest(label, content) == hmac.digest(key, content, "sha256")


@pytest.fixture(scope="module")
def settings_key():
    return settings.KENDT_INDEX_KEY


def test_a_key_that_another_writer_made_first_is_the_one_that_seals():
    both, alone = uuid7(), uuid7()
    first = Keyring.for_writing([both]).seal(both, PLACE, "Ærø")

    made = keys._made_keys({both, alone})

    assert made == keys._wrapped({both, alone})
    assert Keyring(made).open(both, PLACE, first) == "Ærø"
