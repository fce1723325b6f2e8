"""What a table holds of people: each app declares it in its `privacy.py`, and the build fails where one is silent.

Every field of every model stands in exactly one class:

- `sealed`: ciphertext of a direct identifier or special category, opened only by the vault;
- `keyed`: a keyed digest or pseudonym, useless without our key, still personal data;
- `person`: a reference that ties the row to a person (an identity, profile, record or contact point);
- `quasi`: open, and identifying only together with other things (birth date, postal code);
- `open`: says nothing of who somebody is;
- `staff`: names a member of staff.
"""

from dataclasses import dataclass, field

from django.db import models

CLASSES = ("sealed", "keyed", "person", "quasi", "open", "staff")


@dataclass(frozen=True)
class Holding:
    """One model: its classified fields, and what an access package and an erasure do with its rows.

    exported, erased: True, or the written reason why not. A model without a path to a person leaves both empty.
    Fields are given as words in one string, as one reads them.
    """

    model: str
    exported: bool | str = ""
    erased: bool | str = ""
    sealed: str = ""
    keyed: str = ""
    person: str = ""
    quasi: str = ""
    open: str = ""
    staff: str = ""
    classified: dict[str, str] = field(init=False, default_factory=dict, compare=False)

    def __post_init__(self):
        for kind in CLASSES:
            for name in getattr(self, kind).split():
                if name in self.classified:
                    raise ValueError(f"{self.model}.{name} is classified twice.")
                self.classified[name] = kind


class DigestField(models.UUIDField):
    """A keyed digest of 128 bits by which people are found, such as a blind index: 16 bytes without a length.

    No page shows it, and no list is filtered by it (`cdp.base.admin.modeladmin`).
    """

    def __init__(self, *args, editable=False, **kwargs):
        super().__init__(*args, editable=editable, **kwargs)
