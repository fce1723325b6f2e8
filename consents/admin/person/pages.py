"""The pages of one person's choices: the history, another moment, recording what they said, proof."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from cdp.base.admin.pages import Pages, attachment
from cdp.base.database.ids import uuid7
from cdp.base.errors import Refused
from cdp.base.numbers import whole
from consents.admin.correction_review import DECIDE, decide
from consents.admin.forms import DecisionForm, ObjectionForm, ProofForm, RestrictionForm
from consents.admin.person import as_of_form
from consents.errors import NotRecorded
from consents.models import ActorKind, Channel, CorrectionRequest, Purpose, State
from consents.overrides import objections, restrictions
from consents.proof import history
from consents.proof.pdf import as_pdf
from consents.proof.proof import as_csv, prove
from consents.recording import correction, evidence, ledger
from consents.recording.statement import ConsentStatement
from consents.state.contact_points import item_of
from profiles.admin.people.reveal import Sight
from profiles.models import Identifier, Profile, SourceIdentity
from profiles.values.display_name import lines
from profiles.vault import masked, open_values

RECORD, PROVE = "consents.record_consent", "consents.prove_consent"
OBJECT, RESTRICT = "consents.add_objection", "consents.add_restriction"
RIGHTS = {"record": RECORD, "prove": PROVE, "decide": DECIDE, "object": OBJECT, "restrict": RESTRICT}
#: What the button of a restriction says: (verb, what is said when it is done).
RESTRICTION = {
    "restrict": (restrictions.restrict, gettext_lazy("Restricted: the data is kept and used for nothing.")),
    "release": (restrictions.release, gettext_lazy("The restriction has ended.")),
}


class PersonPages(Pages):
    """Mixin of the admin of consents: the pages below person/<profile id>/."""

    def person_urls(self) -> list:
        views = {
            "history": self.history_of_person,
            "record": self.record,
            "objection": self.objection,
            "take-back": require_POST(self.take_back),
            "restriction": require_POST(self.restriction),
            "proof": require_POST(self.proof),
            "evidence/<int:key>": require_POST(self.evidence),
            "doubt": require_POST(self.doubt),
            "correction/<int:key>": require_POST(self.correction),
        }
        return [
            path(f"person/<uuid:profile_id>/{place}/", self.admin_site.admin_view(view), name=f"consents_person_{name}")
            for place, view in views.items()
            for name in [place.partition("/")[0].replace("-", "_")]
        ]

    # --- Reading ----------------------------------------------------------------------------------------------

    def history_of_person(self, request, profile_id: UUID):
        """What was allowed, when, how do we prove it? Any id that the person ever had leads here."""
        self.demand(request)
        profile = _present(profile_id)
        if profile.pk != profile_id:
            return redirect(_page(profile.pk))
        name, contact = lines([profile.pk])[profile.pk]
        return self.page(
            request,
            "person/history",
            title=_("Consent history"),
            question=_("What did this person allow, when, and how do we prove it?"),
            profile=profile,
            name=name,
            contact=contact,
            purposes=Purpose.objects.order_by("title"),
            channels=Channel,
            states=State,
            proof_form=ProofForm(),
            restriction_form=RestrictionForm(),
            event=uuid7(),
            may={act: request.user.has_perm(right) for act, right in RIGHTS.items()},
            **_told(request, profile),
        )

    # --- Recording --------------------------------------------------------------------------------------------

    def record(self, request, profile_id: UUID):
        """What did this person tell us?"""
        self.demand(request, RECORD)
        profile = _present(profile_id)
        contacts = _contacts(profile)
        form = DecisionForm(request.POST or None, contacts=_choices(contacts))
        if form.is_valid() and self._record(request, profile, form, contacts):
            messages.success(request, _("Recorded: it counts from now on."))
            return redirect(_page(profile.pk))
        return self._entry_page(request, profile, form, _("Record what a person said"), _("Record it"))

    def _record(self, request, profile, form, contacts) -> bool:
        try:
            ledger.record([_decision(request, profile, form.cleaned_data, contacts)], by=request.user)
        except NotRecorded as refusal:
            for violation in (one.violation for one in refusal.refused):
                form.add_error(violation.field if violation.field in form.fields else None, str(violation.detail))
            return False
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return False
        return True

    def objection(self, request, profile_id: UUID):
        """What does this person object to?"""
        self.demand(request, OBJECT)
        profile = _present(profile_id)
        form = ObjectionForm(request.POST or None)
        if form.is_valid():
            said = dict(form.cleaned_data)
            event = said.pop("event")
            done = _("Recorded: it holds at once, on every channel.")
            if self.act(request, done, objections.object_to, profile=profile.pk, **_by_staff(request, event), **said):
                return redirect(_page(profile.pk))
        return self._entry_page(request, profile, form, _("Record an objection"), _("Record the objection"))

    def take_back(self, request, profile_id: UUID):
        """The person takes back the objection to direct marketing; the reason is kept."""
        self.demand(request, OBJECT)
        profile = _present(profile_id)
        self.act(
            request,
            _("The objection is taken back. Consents count again as far as they were given."),
            objections.take_back,
            profile=profile.pk,
            reason_code=request.POST.get("reason", ""),
            **_by_staff(request, request.POST.get("event", "")),
        )
        return redirect(_page(profile.pk))

    def restriction(self, request, profile_id: UUID):
        """Restrict the processing of this person's data, or end that: as the button said, whatever stands by now."""
        self.demand(request, RESTRICT)
        profile = _present(profile_id)
        if request.POST.get("act") not in RESTRICTION:
            raise Http404
        verb, done = RESTRICTION[request.POST["act"]]
        reason = request.POST.get("reason_code", "")
        self.act(request, done, verb, profile=profile.pk, reason_code=reason, by=request.user)
        return redirect(_page(profile.pk))

    def doubt(self, request, profile_id: UUID):
        """Somebody says that an entry is false; a second person decides."""
        self.demand(request, RECORD)
        profile = _present(profile_id)
        entry = whole(request.POST.get("entry", ""), most=2**63 - 1)
        if entry not in history.positions(profile.pk):
            raise Http404
        done = _("Asked. The entry counts until a second person has agreed.")
        reason = request.POST.get("reason", "")
        self.act(request, done, correction.request, entry=entry, reason_code=reason, by=request.user)
        return redirect(f"{_page(profile.pk)}#entry-{entry}")

    def correction(self, request, profile_id: UUID, key: int):
        """The second person agrees, or does not."""
        self.demand(request, DECIDE)
        profile = _present(profile_id)
        asked = get_object_or_404(CorrectionRequest, pk=key, entry__in=history.positions(profile.pk))
        decide(self, request, asked)
        return redirect(f"{_page(profile.pk)}#entry-{asked.entry}")

    def _entry_page(self, request, profile, form, title, button):
        name, contact = lines([profile.pk])[profile.pk]
        frame = {"profile": profile, "name": name, "contact": contact, "form": form, "button": button}
        return self.page(request, "person/entry", title=title, **frame)

    # --- Proof ------------------------------------------------------------------------------------------------

    def proof(self, request, profile_id: UUID):
        """The history as a file to hand over; making it is logged with its reason."""
        self.demand(request, PROVE)
        profile = _present(profile_id)
        form = ProofForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Say why the proof is made."))
            return redirect(_page(profile.pk))
        asked = {name: request.POST.get(name, "") for name in ("purpose", "channel", "state")}
        found = prove(profile.pk, by=request.user, reason=form.cleaned_data["reason"], request_id=request.id, **asked)
        return _file(profile, as_csv(found) if form.cleaned_data["format"] == "csv" else as_pdf(found), form)

    def evidence(self, request, profile_id: UUID, key: int):
        """What proves one decision, in clear; the reading is logged with its reason."""
        self.demand(request, PROVE)
        profile = _present(profile_id)
        reason = request.POST.get("reason", "").strip()
        found = next((one for one in history.entries(profile.pk) if one.evidence and one.entry.pk == key), None)
        if found is None:
            raise Http404
        if not reason:
            messages.error(request, _("Say why you open the evidence."))
            return redirect(_page(profile.pk))
        content = evidence.read(found.entry, by=request.user, purpose=reason, request_id=request.id)
        if content is None:
            raise Http404
        return attachment(content, f"evidence-{key}", media_type=found.evidence.media_type)


def _told(request, profile: Profile) -> dict:
    """What the history page tells: the answers of a moment, every decision, and what is above them."""
    moment = as_of_form.told(request.GET)
    clocks, objects = moment["clocks"], objections.objects(profile.pk)
    asked = {name: request.GET.get(name, "") for name in ("purpose", "channel", "state")}
    entries = history.entries(profile.pk, **asked)
    standing = history.standing_consents(profile.pk, **clocks._asdict()) if clocks else []
    refs = {one.entry.contact_ref for one in entries} | {one.contact_ref for one in standing}
    return {
        **moment,
        "matrix": history.matrix(standing),
        "has_record": bool(standing),
        "entries": entries,
        "asked": asked,
        "addresses": _addresses(profile, refs, Sight(request, profile)),
        "above": history.layers(profile.pk),
        "objects": objects,
        "reopened": history.reopened(profile.pk) if objects else [],
        "is_restricted": restrictions.is_restricted(profile.pk),
    }


def _present(profile_id: UUID) -> Profile:
    """The present person that any id ever given means. Http404 for an unknown or erased one."""
    identity = get_object_or_404(SourceIdentity.objects.select_related("profile"), pk=profile_id)
    if identity.profile.erased_at:
        raise Http404
    return identity.profile


def _page(profile_id: UUID) -> str:
    return reverse("admin:consents_person_history", args=[profile_id])


def _addresses(profile: Profile, refs, sight: Sight) -> dict[UUID, str]:
    """Each contact ref with its address as this user sees it."""
    held = history.addresses(profile.pk, refs)
    return dict(zip(held, sight.read(list(held.values())), strict=True))


def _contacts(profile: Profile) -> list[Identifier]:
    """Addresses and numbers of the person that can be written to, each value once."""
    held = Identifier.objects.filter(identity__profile=profile).exclude(namespace__contact_channel="")
    once = held.order_by("namespace_id", "blind", "-observed_at").distinct("namespace_id", "blind")
    return list(once.select_related("namespace"))


def _choices(contacts: list[Identifier]) -> list[tuple[str, str]]:
    texts = masked([item_of(one) for one in contacts])
    return [(str(one.blind), f"{one.namespace}: {text}") for one, text in zip(contacts, texts, strict=True) if text]


def _decision(request, profile: Profile, said: dict, contacts: list[Identifier]) -> ConsentStatement:
    chosen = next((one for one in contacts if str(one.blind) == said["contact"]), None)
    notice = said["notice"]
    return ConsentStatement(
        profile=profile.pk,
        purpose=said["purpose"].key,
        channel=said["channel"],
        contact=_opened(request, chosen) if chosen else None,
        state=said["state"],
        effective_at=said["effective_at"],
        notice=(notice.key, notice.language, notice.version) if notice else None,
        collection_point=said["collection_point"].key if said["collection_point"] else "",
        method=said["method"],
        actor_kind=ActorKind.STAFF,
        actor_ref=str(request.user.pk),
        source="steward",
        source_event_id=said["event"],
        evidence=said["evidence"].encode(),
    )


def _opened(request, chosen: Identifier) -> tuple[str, str]:
    """The address itself, which the ledger needs to know it again; the opening is logged."""
    (value,) = open_values(
        [item_of(chosen)],
        by=request.user,
        action="record_consent",
        purpose=_("Recording a decision about this address"),
        request_id=request.id,
    )
    return chosen.namespace.code, value


def _by_staff(request, event: str) -> dict:
    return {"source": "steward", "source_event_id": event, "by": request.user}


def _file(profile: Profile, content: bytes, form: ProofForm) -> HttpResponse:
    kind = form.cleaned_data["format"]
    media_type = "text/csv; charset=utf-8" if kind == "csv" else "application/pdf"
    day = timezone.localdate().isoformat()
    return attachment(content, f"consent-{str(profile.pk)[-12:]}-{day}.{kind}", media_type=media_type)
