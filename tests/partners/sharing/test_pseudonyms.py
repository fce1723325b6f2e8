"""Opaque ids: stable for one feed, strangers to every other."""

import base64
import hmac
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from partners.sharing import pseudonyms
from tests.profiles.building import person, say
from tests.some import each

AGREEMENT, OTHER = UUID(int=1), UUID(int=2)
OFFERS, STATISTICS = UUID(int=3), UUID(int=4)
ANNA = UUID("01890000-0000-7000-8000-000000000001")


def token(**other) -> str:
    return pseudonyms.tokens([ANNA], **({"agreement": AGREEMENT, "purpose": OFFERS} | other))[ANNA]


def test_a_token_is_made_as_the_specification_says():
    def derive(secret, salt, info, size):
        return HKDF(SHA256(), size, salt=salt, info=info).derive(secret)

    master = derive(settings.KENDT_INDEX_KEY, None, b"kendt/partners/master/v1", 32)
    instance = derive(settings.KENDT_INDEX_KEY, None, b"kendt/instance/v1", 16)
    key = derive(master, instance, f"cdp/pid/v1|{AGREEMENT}|{OFFERS}|opaque|1".encode(), 32)
    value = hmac.digest(key, b"opaque\x00" + ANNA.bytes, "sha256")[:16]

    assert token() == "p1" + base64.b32encode(value).decode().lower().rstrip("=")


def test_a_token_has_28_characters_that_no_case_change_harms():
    assert len(token()) == 28
    assert each(set(token()[2:])) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_agreements_purposes_and_epochs_give_different_tokens():
    found = {
        token(agreement=agreement, purpose=purpose, epoch=epoch)
        for agreement in (AGREEMENT, OTHER)
        for purpose in (OFFERS, STATISTICS)
        for epoch in (1, 2)
    }

    assert len(found) == 8


def test_different_people_have_different_tokens():
    people = [UUID(int=number) for number in range(1000)]

    assert len(set(pseudonyms.tokens(people, agreement=AGREEMENT, purpose=OFFERS).values())) == 1000


@pytest.mark.django_db
def test_a_token_survives_a_change_of_e_mail():
    anna = person(external_id="C1", email="anna@example.dk")
    before = pseudonyms.tokens([anna.pk], agreement=AGREEMENT, purpose=OFFERS)
    outcome = say(external_id="C1", email="anna.new@example.dk")

    assert outcome.identity == anna.pk
    assert pseudonyms.tokens([outcome.identity], agreement=AGREEMENT, purpose=OFFERS) == before


def test_the_master_key_is_not_the_key_of_the_blind_index():
    assert settings.KENDT_INDEX_KEY not in (pseudonyms._master(), pseudonyms._instance())
