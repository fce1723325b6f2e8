"""Calling the management API as a service does."""

import json

from django.test import Client

from cdp.access import service_keys
from cdp.base.database.ids import uuid7


class Service:
    """A client with a service key of the given scopes."""

    def __init__(self, *scopes: str, **options):
        self.key, text = service_keys.issue(name=f"service-{uuid7()}", scopes=scopes, **options)
        self.headers = {"authorization": f"Bearer {text}"}
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, headers=(), **parameters):
        return self.client.get(f"/api/v1/{path}", parameters, headers=self.headers | dict(headers))

    def post(self, path: str, body, headers=()):
        return self._send("post", path, body, headers)

    def put(self, path: str, body, headers=()):
        return self._send("put", path, body, headers)

    def patch(self, path: str, body, headers=()):
        return self._send("patch", path, body, headers)

    def delete(self, path: str):
        return self.client.delete(f"/api/v1/{path}", headers=self.headers)

    def _send(self, method, path, body, headers):
        return getattr(self.client, method)(
            f"/api/v1/{path}", json.dumps(body, default=str), "application/json", headers=self.headers | dict(headers)
        )


def walk(service: Service, path: str, **parameters) -> list[dict]:
    """All rows of a list, cursor by cursor."""
    found, cursor = [], None
    while True:
        page = service.get(path, **parameters, **({"cursor": cursor} if cursor else {})).json()
        found += page["data"]
        if not page["has_more"]:
            return found
        cursor = page["next_cursor"]
