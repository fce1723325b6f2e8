"""Keys of systems."""

import hashlib
import re

from cdp.base import api_keys


def test_a_key_is_its_prefix_and_letters_of_which_few_are_shown():
    made = api_keys.make("cdpk_", letters=40)

    assert re.fullmatch("cdpk_[A-Za-z0-9]{40}", made.text)
    assert (made.start, made.digest) == (made.text[:10], hashlib.sha256(made.text.encode()).digest())


def test_no_two_keys_are_alike():
    assert len({api_keys.make("cdp", letters=22) for _ in range(1_000)}) == 1_000


def test_what_cannot_be_a_key_has_a_digest_too():
    assert api_keys.digest("\ud800") not in {api_keys.digest(""), api_keys.make("cdp", letters=22).digest}
