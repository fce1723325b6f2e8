"""The screens of partners, as a browser without a script gets them."""

import html

from django.urls import reverse


def page_of(row, query: str = "") -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk]) + query


def act(client, name: str, key, **data):
    """Post to an address and follow it; gives the text of the page."""
    model, _, verb = name.partition("_")
    place = key if isinstance(key, tuple) else (key,)
    answered = client.post(reverse(f"admin:partners_{model}_{verb}", args=place), data, follow=True)
    assert answered.status_code == 200, answered.status_code
    return text(answered)


def text(answered) -> str:
    return html.unescape(answered.content.decode())
