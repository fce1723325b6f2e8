import csv
import hashlib
import io
from datetime import timedelta

import pytest

from cdp.base.errors import ReasonNeeded
from consents.models import Restriction
from profiles.identity import steward_decisions
from profiles.models import AccessEntry, Attribute, SourceIdentity
from profiles.vault.sealed_files import FileLost
from segments.activation import activations, fields
from segments.activation.destinations import storage
from segments.membership import compute, definitions
from segments.models import Activation, DeliveredPerson, Reach, Segment
from tests import builders
from tests.builders import now, user
from tests.consents import building as consents
from tests.profiles.building import person, say
from tests.segments.building import DANES, computed, dane, destination, document, members

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path, settings):
    settings.KENDT_FILES = tmp_path
    return tmp_path


@pytest.fixture
def newsletter():
    return consents.purpose("newsletter")


def rows(of: Activation, name="people.csv") -> list[dict]:
    content = activations.download(of, name, by=None)
    return list(csv.DictReader(io.StringIO(content.decode())))


def sent(of: Activation) -> Activation:
    return activations.run(of, by=of.requested_by)


def test_the_file_holds_exactly_those_who_may_be_reached_and_everyone_else_has_a_reason(newsletter):
    anna, bo, cai, dea = (dane(number) for number in range(4))
    consents.say(anna, newsletter, channel="email")
    consents.say(bo, newsletter, channel="email", days_ago=2)
    consents.say(bo, newsletter, "ConsentWithdrawn", channel="email", days_ago=1)
    consents.say(cai, newsletter, channel="email")
    Restriction.objects.create(identity_ref=cai, reason_code="accuracy", effective_at=now())
    consents.say(dane(9, is_test=True), newsletter, channel="email")
    danes = computed(DANES)
    assert members(danes) == {anna, bo, dea}

    done = sent(activations.request(segment=danes, destination=destination(newsletter), by=user()))

    assert rows(done) == [{"profile": f"prf_{anna}", "email": "person0@example.dk", "first_name": "Name0", "city": ""}]
    assert dict(DeliveredPerson.objects.values_list("profile", "reason")) == {
        anna: "",
        bo: "consent_withdrawn",
        dea: "consent_missing",
    }
    assert (done.members, done.sent, done.left_out) == (3, 1, {"consent_missing": 1, "consent_withdrawn": 1})
    assert DeliveredPerson.objects.get(outcome="sent").consent_position


def test_a_person_restricted_after_the_run_is_a_member_and_left_out(newsletter):
    anna = dane(1)
    consents.say(anna, newsletter, channel="email")
    danes = computed(DANES)
    Restriction.objects.create(identity_ref=anna, reason_code="accuracy", effective_at=now())

    done = sent(activations.request(segment=danes, destination=destination(newsletter)))

    assert (done.sent, done.left_out) == (0, {"restricted": 1})


def test_after_a_withdrawal_the_next_run_has_one_fewer_and_a_removal_row(newsletter):
    people = [dane(number) for number in range(3)]
    for one in people:
        consents.say(one, newsletter, channel="email", days_ago=1)
    danes, mail = computed(DANES), destination(newsletter)
    first = sent(activations.request(segment=danes, destination=mail))

    consents.say(people[0], newsletter, "ConsentWithdrawn", channel="email")
    second = sent(activations.request(segment=danes, destination=mail))
    third = sent(activations.request(segment=danes, destination=mail))

    assert (first.sent, second.sent, second.removed) == (3, 2, 1)
    assert rows(second, "removals.csv") == [{"profile": f"prf_{people[0]}", "email": "person0@example.dk"}]
    removal = DeliveredPerson.objects.get(outcome="removed")
    assert (removal.profile, removal.reason, removal.activation) == (people[0], "consent_withdrawn", second)
    assert (third.sent, third.removed) == (2, 0)


def test_one_who_left_the_segment_is_removed_too(newsletter):
    anna = dane(1)
    consents.say(anna, newsletter, channel="email")
    danes, mail = computed(DANES), destination(newsletter)
    sent(activations.request(segment=danes, destination=mail))
    definitions.activate(
        danes, document=document({"attr": "country", "is": "is", "value": "SE"}), reason="Swedes", by=None
    )
    with pytest.raises(activations.NotComputed):
        activations.request(segment=Segment.objects.get(pk=danes.pk), destination=mail)
    compute.refresh(Segment.objects.get(pk=danes.pk))

    done = sent(activations.request(segment=Segment.objects.get(pk=danes.pk), destination=mail))

    assert (done.sent, done.removed) == (0, 1)
    assert DeliveredPerson.objects.get(outcome="removed").reason == "left_segment"


def test_one_who_was_merged_and_may_not_be_reached_is_removed_by_the_identifiers_of_the_merged(newsletter):
    earlier, anna = dane(1), dane(2)
    consents.say(anna, newsletter, channel="email", contact=("email", "person2@example.dk"))
    danes, mail = computed(DANES), destination(newsletter, names=("customer_no", "email"))
    sent(activations.request(segment=danes, destination=mail))
    steward_decisions.same(identity=anna, other=earlier, reason="one person", by=None)
    consents.say(anna, newsletter, "ConsentWithdrawn", channel="email")
    compute.refresh(danes)

    done = sent(activations.request(segment=danes, destination=mail))

    assert SourceIdentity.objects.get(pk=anna).profile_id == earlier
    (removal,) = rows(done, "removals.csv")
    assert (removal["profile"], removal["email"]) == (f"prf_{anna}", "person2@example.dk")


def test_who_has_another_address_since_is_taken_back_by_the_one_that_went_out(newsletter):
    anna = dane(1, external_id="K-1")
    consents.say(anna, newsletter, channel="email", contact=("email", "person1@example.dk"))
    danes, mail = computed(DANES), destination(newsletter)
    sent(activations.request(segment=danes, destination=mail))
    person(external_id="K-1", email="other@example.dk", country="DK", observed_at=now())
    consents.say(anna, newsletter, "ConsentWithdrawn", channel="email")

    done = sent(activations.request(segment=danes, destination=mail))

    assert rows(done, "removals.csv") == [{"profile": f"prf_{anna}", "email": "person1@example.dk"}]


def test_where_the_file_was_lost_people_are_taken_back_by_what_they_are_known_by(newsletter, files):
    anna = dane(1)
    consents.say(anna, newsletter, channel="email")
    danes, mail = computed(DANES), destination(newsletter)
    first = sent(activations.request(segment=danes, destination=mail))
    storage.folder(first.stored_as).remove_all()
    consents.say(anna, newsletter, "ConsentWithdrawn", channel="email")

    done = sent(activations.request(segment=danes, destination=mail))

    assert rows(done, "removals.csv") == [{"profile": f"prf_{anna}", "email": "person1@example.dk"}]


def test_one_who_was_merged_and_goes_out_again_loses_only_the_old_reference(newsletter):
    earlier, anna = dane(1), dane(2)
    for one in (earlier, anna):
        consents.say(one, newsletter, channel="email")
    danes, mail = computed(DANES), destination(newsletter)
    sent(activations.request(segment=danes, destination=mail))
    steward_decisions.same(identity=anna, other=earlier, reason="one person", by=None)
    compute.refresh(danes)

    done = sent(activations.request(segment=danes, destination=mail))

    ((reference, goes),) = [(row["profile"], row["email"]) for row in rows(done)]
    assert reference == f"prf_{earlier}"
    old = "" if goes == "person2@example.dk" else "person2@example.dk"
    assert rows(done, "removals.csv") == [{"profile": f"prf_{anna}", "email": old}]


def test_the_address_that_was_consented_to_is_the_one_that_leaves(newsletter):
    anna = dane(1, source=builders.source("till"), external_id="T1", phone="+4520123456")
    consents.say(anna, newsletter, channel="email", contact=("email", "person1@example.dk"))
    say(source=builders.source("crm"), email="newer@example.dk", phone="+4520123456", country="DK", first_name="Name1")

    done = sent(activations.request(segment=computed(DANES), destination=destination(newsletter)))

    assert [row["email"] for row in rows(done)] == ["person1@example.dk"]
    assert done.sent == 1


def test_opening_the_values_is_logged_once_and_so_is_each_download(newsletter):
    for number in range(3):
        consents.say(dane(number), newsletter, channel="email")
    asker = user("asker")

    done = sent(activations.request(segment=computed(DANES), destination=destination(newsletter), by=asker))
    activations.download(done, "people.csv", by=asker, request_id="r-1")

    written, taken = AccessEntry.objects.order_by("id")
    assert (written.action, written.actor, written.count, len(written.identities)) == ("activation", asker.pk, 6, 3)
    assert written.purpose == "Newsletter"
    assert (taken.action, taken.count, taken.request_id) == ("activation_download", 3, "r-1")
    assert set(taken.identities) == set(DeliveredPerson.objects.values_list("profile", flat=True))


def test_nothing_of_a_person_is_in_clear_on_disk_or_in_the_tables(newsletter, files):
    consents.say(dane(77), newsletter, channel="email")

    done = sent(activations.request(segment=computed(DANES), destination=destination(newsletter)))

    stored = [path for path in files.rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in stored] == [0o600]
    assert b"person77" not in stored[0].read_bytes()
    assert "person77" not in str(Activation.objects.values().get())
    assert "person77" in activations.download(done, "people.csv", by=None).decode()


def test_the_manifest_tells_what_left(newsletter):
    consents.say(dane(1), newsletter, channel="email")
    dane(2)

    done = sent(activations.request(segment=computed(DANES), destination=destination(newsletter)))
    content = activations.download(done, "people.csv", by=None)
    told = done.manifest

    assert told["rows"] == 1
    assert told["files"] == [
        {
            "name": "people.csv",
            "media_type": "text/csv; charset=utf-8",
            "rows": 1,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    ]
    assert done.sha256 == told["files"][0]["sha256"]
    assert (told["definition"], told["purpose"], told["channel"]) == (1, "newsletter", "email")
    assert told["fields"] == ["email", "first_name", "city"]
    assert told["sentence"].startswith("People whose country is “DK”")
    assert told["left_out"] == {"consent_missing": 1}
    assert told["ledger_position"] == DeliveredPerson.objects.get(outcome="sent").consent_position


def test_a_cell_is_no_formula_and_a_phone_number_stays_itself(newsletter):
    consents.say(dane(1, city="=1+1", company="-cmd", phone="+4520123456"), newsletter, channel="email")
    mail = destination(newsletter, names=("email", "city", "company", "phone"))

    done = sent(activations.request(segment=computed(DANES), destination=mail))

    assert [(row["city"], row["company"], row["phone"]) for row in rows(done)] == [("'=1+1", "'-cmd", "+4520123456")]


def test_a_special_category_and_an_unknown_field_are_refused(newsletter):
    Attribute.objects.create(code="allergy", title="Allergy", type="text", classification="special")
    danes = computed(DANES)

    for number, name in enumerate(("allergy", "shoe_size")):
        with pytest.raises(fields.FieldNotAllowed, match=name):
            activations.request(segment=danes, destination=destination(newsletter, key=f"d{number}", names=(name,)))


def test_more_than_five_hundred_people_need_a_second_person(newsletter, monkeypatch):
    monkeypatch.setattr(activations, "MOST_ALONE", 2)
    for number in range(3):
        dane(number)
    asker, other = user("asker"), user("other")
    asked = activations.request(segment=computed(DANES), destination=destination(newsletter), by=asker)

    with pytest.raises(activations.WrongState):
        activations.run(asked)
    with pytest.raises(activations.OwnRequest):
        activations.approve(asked, by=asker)
    done = activations.run(activations.approve(asked, by=other))

    assert (done.state, done.approved_by) == ("done", other)


def test_a_segment_that_has_grown_since_it_was_asked_for_needs_a_second_person(newsletter, monkeypatch):
    monkeypatch.setattr(activations, "MOST_ALONE", 1)
    dane(1)
    danes = computed(DANES)
    asked = activations.request(segment=danes, destination=destination(newsletter))
    dane(2)
    compute.refresh(danes)

    with pytest.raises(activations.SecondPersonNeeded):
        activations.run(asked)

    assert (Activation.objects.get().state, DeliveredPerson.objects.count()) == ("failed", 0)


def test_an_approval_is_of_the_definition_that_was_asked_for(newsletter, monkeypatch):
    monkeypatch.setattr(activations, "MOST_ALONE", 0)
    consents.say(dane(1), newsletter, channel="email")
    danes = computed(DANES)
    asked = activations.request(segment=danes, destination=destination(newsletter))
    everyone = document({"op": "none", "of": [{"attr": "country", "is": "is", "value": "XX"}]})
    definitions.activate(danes, document=everyone, reason="all of them", by=None)
    compute.refresh(Segment.objects.get(pk=danes.pk))

    with pytest.raises(activations.DefinitionChanged):
        activations.run(activations.approve(asked, by=user()))

    assert (Activation.objects.get().state, DeliveredPerson.objects.count()) == ("failed", 0)


def test_a_done_activation_does_not_run_again(newsletter):
    dane(1)
    done = sent(activations.request(segment=computed(DANES), destination=destination(newsletter)))

    with pytest.raises(activations.WrongState):
        activations.run(done)
    assert DeliveredPerson.objects.count() == 1


def test_a_cancelled_activation_does_not_run(newsletter):
    dane(1)
    asked = activations.request(segment=computed(DANES), destination=destination(newsletter))

    activations.cancel(asked, by=user("anna"), reason="wrong list")

    with pytest.raises(activations.WrongState):
        activations.run(asked)
    assert Activation.objects.get().error == "anna: wrong list"


def test_an_activation_is_not_cancelled_without_a_reason(newsletter):
    dane(1)
    asked = activations.request(segment=computed(DANES), destination=destination(newsletter))

    with pytest.raises(ReasonNeeded):
        activations.cancel(asked, by=user(), reason=" ")

    assert Activation.objects.get().state == "approved"


def test_a_run_that_breaks_leaves_no_file_no_shipment_and_a_failed_activation(newsletter, files, monkeypatch):
    consents.say(dane(1), newsletter, channel="email")
    asked = activations.request(segment=computed(DANES), destination=destination(newsletter))

    def full_disk(*_anything):
        raise OSError("No space left on device")

    monkeypatch.setattr(storage, "store", full_disk)
    with pytest.raises(OSError, match="No space"):
        activations.run(asked)

    asked.refresh_from_db()
    assert (asked.state, asked.error) == ("failed", "OSError")
    assert not DeliveredPerson.objects.exists()
    assert not [path for path in files.rglob("*") if path.is_file()]


def test_files_that_no_activation_knows_are_swept(newsletter, files):
    consents.say(dane(1), newsletter, channel="email")
    done = sent(activations.request(segment=computed(DANES), destination=destination(newsletter)))
    storage.folder("left").keep([b"left by a process that was killed"])

    activations.purge()
    assert storage.folder("left").place("x").parent.exists()
    activations.purge(age=timedelta())

    assert [path.name for path in (files / "activations").iterdir()] == [done.stored_as]


def test_a_closed_destination_gets_nothing(newsletter):
    with pytest.raises(activations.DestinationClosed):
        activations.request(segment=computed(DANES), destination=destination(newsletter, active=False))


def test_a_destination_that_was_closed_since_it_was_asked_for_gets_nothing(newsletter):
    consents.say(dane(1), newsletter, channel="email")
    mail = destination(newsletter)
    asked = activations.request(segment=computed(DANES), destination=mail)
    mail.active = False
    mail.save()

    with pytest.raises(activations.DestinationClosed):
        activations.run(asked)

    assert (Activation.objects.get().state, DeliveredPerson.objects.count()) == ("failed", 0)


@pytest.mark.parametrize("changed", [{"fields": ["email", "first_name"]}, {"channel": "none"}])
def test_an_approval_is_of_what_the_destination_took_when_it_was_asked_for(newsletter, changed):
    consents.say(dane(1), newsletter, channel="email")
    mail = destination(newsletter, names=["email"])
    asked = activations.request(segment=computed(DANES), destination=mail)
    for name, value in changed.items():
        setattr(mail, name, value)
    mail.save()

    with pytest.raises(activations.DestinationChanged):
        activations.run(asked)

    assert (Activation.objects.get().state, DeliveredPerson.objects.count()) == ("failed", 0)


def test_a_destination_may_be_called_otherwise_meanwhile(newsletter):
    consents.say(dane(1), newsletter, channel="email")
    mail = destination(newsletter)
    asked = activations.request(segment=computed(DANES), destination=mail)
    mail.title = "Mail of the spring"
    mail.save()

    assert activations.run(asked).state == "done"


def test_a_file_that_is_gone_is_told_as_lost(newsletter, files):
    dane(1)
    done = sent(activations.request(segment=computed(DANES), destination=destination(newsletter)))
    storage.folder(done.stored_as).remove_all()

    for name in ("people.csv", "../../secrets"):
        with pytest.raises(FileLost):
            activations.download(done, name, by=None)


def test_an_activation_updates_the_figures_of_reach(newsletter):
    consents.say(dane(1), newsletter, channel="email")

    sent(activations.request(segment=computed(DANES), destination=destination(newsletter)))

    assert Reach.objects.values_list("members", "reachable").get() == (1, 1)
