"""Invents people and what they did. Pure: the same seed and number give the same person, whatever else is made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from cdp.data.demo.words import CITIES, FIRST_NAMES, GOODS, INTERESTS, LAST_NAMES, NICKNAMES, STREETS, TIERS

YEAR = timedelta(days=365)
SHOP_PHONE = {"DK": "33111111", "SE": "0850000000"}  # the shop's own number, typed on many receipts


@dataclass(slots=True)
class Human:
    """One invented person, with the peculiarities that make data interesting."""

    number: int
    country: str
    gender: str
    first_name: str
    last_name: str
    birth_date: date
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    language: str
    interests: list[str]
    since: date
    in_systems: set[str] = field(default_factory=set)
    peculiarity: str = ""  # duplicate, nickname, typo, shares_email, shop_phone, minor

    @property
    def customer_no(self) -> str:
        return f"K{self.number:07d}"

    @property
    def login(self) -> str:
        return f"user-{self.number:07d}"

    @property
    def loyalty_no(self) -> str:
        return f"L{self.number:08d}"


@dataclass(slots=True)
class Deed:
    """One thing that a person did."""

    message_id: str
    human: Human
    system: str
    name: str
    occurred_at: datetime
    properties: dict


def human(seed: int, number: int, today: date) -> Human:
    """Person `number` of the world `seed`."""
    dice = Random(f"{seed}/{number}")
    peculiarity = _peculiarity(dice)
    country = "DK" if dice.random() < 0.6 else "SE"
    gender = dice.choice("fm")
    first, last = dice.choice(FIRST_NAMES[country][gender]), dice.choice(LAST_NAMES[country])
    email = f"{_ascii(first)}.{_ascii(last)}.{number}@{'mail.example' if country == 'DK' else 'post.example'}"
    if peculiarity == "shares_email" and number:
        partner = human_name(seed, number - 1)
        email, last = partner["email"], partner["last"]
        country = partner["country"]
    postal_code, city = dice.choice(CITIES[country])
    return Human(
        number=number,
        country=country,
        gender=gender,
        first_name=first,
        last_name=last,
        birth_date=_birth_date(dice, today, minor=peculiarity == "minor"),
        email=email,
        phone=SHOP_PHONE[country] if peculiarity == "shop_phone" else _phone(dice, country, number),
        street=f"{dice.choice(STREETS[country])} {dice.randint(1, 120)}",
        postal_code=postal_code,
        city=city,
        language="da" if country == "DK" else "sv",
        interests=dice.sample(INTERESTS, dice.randint(1, 3)),
        since=today - timedelta(days=dice.randint(30, 3000)),
        in_systems=_systems(dice, peculiarity),
        peculiarity=peculiarity,
    )


def human_name(seed: int, number: int) -> dict:
    """The address of a neighbour in number, for households that share one. Never itself a borrowed address."""
    dice = Random(f"{seed}/{number}")
    _peculiarity(dice)
    country = "DK" if dice.random() < 0.6 else "SE"
    gender = dice.choice("fm")
    first, last = dice.choice(FIRST_NAMES[country][gender]), dice.choice(LAST_NAMES[country])
    domain = "mail.example" if country == "DK" else "post.example"
    return {"email": f"{_ascii(first)}.{_ascii(last)}.{number}@{domain}", "last": last, "country": country}


def deeds(seed: int, person: Human, count: int, now: datetime) -> Iterator[Deed]:
    """`count` events of one person over the last year, rising in time: looking, sometimes buying."""
    dice = Random(f"{seed}/{person.number}/deeds")
    system = "webshop" if "webshop" in person.in_systems else "tills"
    times = sorted(now - YEAR * (dice.random() ** 1.5) for _ in range(count))
    order = 0
    for index, when in enumerate(times):
        sku, title, category, price = dice.choice(GOODS)
        kind = dice.random() if system == "webshop" else 1.0
        goods = {"product_id": sku, "name": title, "category": category, "price": price, "currency": "DKK"}
        message_id = f"{person.number}-{index}"
        if kind < 0.45:
            name, properties = "Product Viewed", goods
        elif kind < 0.62:
            name, properties = "Page Viewed", {"path": f"/{category}", "category": category}
        elif kind < 0.80:
            name, properties = "Product Added", goods | {"quantity": 1}
        else:
            order += 1
            name = "Order Completed"
            properties = _order(dice, f"{'W' if system == 'webshop' else 'T'}-{person.number}-{order}")
        yield Deed(message_id, person, system, name, when.astimezone(UTC), properties)


def _order(dice: Random, number: str) -> dict:
    """Two or three different goods, as a shop tells of them."""
    products = []
    for sku, title, category, price in dice.sample(GOODS, dice.choice([2, 3])):
        goods = {"product_id": sku, "name": title, "category": category, "price": price}
        products.append(goods | {"quantity": dice.choice([1, 1, 1, 2, 3])})
    revenue = sum(one["price"] * one["quantity"] for one in products)
    return {"order_id": number, "currency": "DKK", "revenue": revenue, "products": products}


def spread(seed: int, number: int, average: float) -> int:
    """How many events person `number` has: few have many. The mean over people is `average`."""
    return int(Random(f"{seed}/{number}/busy").expovariate(1 / average) + 0.5) if average else 0


def variant(person: Human, dice: Random) -> dict:
    """The same person as another system knows them: a nickname, another spelling, a typing error."""
    first = (
        NICKNAMES.get(person.first_name, person.first_name) if person.peculiarity == "nickname" else person.first_name
    )
    email = person.email.replace("@", "0@", 1) if person.peculiarity == "typo" else person.email
    return {"first_name": first, "email": email.upper() if dice.random() < 0.2 else email}


def _peculiarity(dice: Random) -> str:
    roll = dice.random()
    for share, name in PECULIARITIES:
        if roll < share:
            return name
        roll -= share
    return ""


PECULIARITIES = [
    (0.03, "duplicate"),
    (0.03, "nickname"),
    (0.02, "typo"),
    (0.03, "shares_email"),
    (0.01, "shop_phone"),
    (0.03, "minor"),
]


def _systems(dice: Random, peculiarity: str) -> set[str]:
    systems = {system for system, share in SYSTEMS if dice.random() < share}
    return systems | {"crm"} if peculiarity or not systems & {"crm", "webshop", "tills"} else systems


SYSTEMS = [("crm", 0.7), ("webshop", 0.65), ("tills", 0.35), ("mailtool", 0.3), ("app", 0.2)]


def _birth_date(dice: Random, today: date, *, minor: bool) -> date:
    years = dice.uniform(10, 14.5) if minor else dice.uniform(19, 82)
    return today - timedelta(days=int(years * 365.25))


def _phone(dice: Random, country: str, number: int) -> str:
    if country == "DK":
        digits = f"{26_000_000 + (number * 7919) % 2_999_999:08d}"
        return dice.choice([digits, f"+45 {digits[:2]} {digits[2:4]} {digits[4:6]} {digits[6:]}", f"0045{digits}"])
    digits = f"{(number * 7919) % 10_000_000:07d}"
    return dice.choice(
        [f"070{digits}", f"+46 70 {digits[:3]} {digits[3:5]} {digits[5:]}", f"070-{digits[:3]} {digits[3:]}"]
    )


def _ascii(name: str) -> str:
    return name.lower().translate(str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "a", "ö": "o", "é": "e"}))


def loyalty(dice: Random) -> dict:
    """What the loyalty programme knows."""
    return {"loyalty_tier": dice.choice(TIERS), "loyalty_points": str(dice.randint(0, 9000))}
