"""The words that people are shown: drafts are written, published ones stand and are compared."""

import difflib

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from cdp.base.admin.modeladmin import NeverDelete, TrackedAdmin
from cdp.base.admin.pages import Pages
from consents.admin.forms import PublishForm
from consents.badges import badge
from consents.models import ConsentRecord, NoticeVersion
from consents.notices import publishing

CHANGE = "consents.change_noticeversion"


class NoticeForm(forms.ModelForm):
    """A draft. Its number is the next one of its key and language."""

    language = forms.ChoiceField(choices=settings.LANGUAGES, label=_("Language"), widget=UnfoldAdminSelectWidget)
    recipients = SimpleArrayField(
        forms.CharField(max_length=200),
        delimiter="\n",
        required=False,
        label=_("Named recipients"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Public names of partners that the words name, one a line. Who is not named gets nothing."),
    )

    class Meta:
        model = NoticeVersion
        fields = ["key", "language", "text", "withdrawal_text", "purposes", "recipients", "material_change"]

    def save(self, commit=True):
        if self.instance._state.adding:
            self.instance.version = publishing.next_notice_number(self.instance.key, self.instance.language)
        return super().save(commit)


@admin.register(NoticeVersion)
class NoticeAdmin(Pages, NeverDelete, TrackedAdmin):
    question = _("In which words do we ask, and since when?")
    form = NoticeForm
    list_display = ["key", "language", "version", "standing", "published_from", "published_to", "material_change"]
    list_filter = ["language", ("published_from", admin.EmptyFieldListFilter), "material_change"]
    search_fields = ["key__istartswith"]
    change_form_outer_before_template = "admin/consents/notice/publish.html"

    def get_queryset(self, request):
        return super().get_queryset(request).defer("text", "withdrawal_text")

    def get_readonly_fields(self, request, obj=None):
        return ["key", "language"] if obj else []

    def has_change_permission(self, request, obj=None):
        """Published words stand."""
        return super().has_change_permission(request, obj) and not (obj and obj.published_from)

    def get_urls(self):
        own = [self.post_route("publish", self.publish), self.post_route("version", self.new_version)]
        return [*own, *super().get_urls()]

    @admin.display(description=_("state"))
    def standing(self, notice):
        return badge(*_standing(notice))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """A draft is a form; published words are a page to read and compare."""
        notice = self.get_object(request, object_id)
        if notice is None or notice.published_from is None:
            extra = {"publish_form": PublishForm()} | (extra_context or {})
            return super().change_view(request, object_id, form_url, extra)
        self.demand(request)
        before = NoticeVersion.objects.filter(
            key=notice.key, language=notice.language, version__lt=notice.version, published_from__isnull=False
        ).first()
        tone, words = _standing(notice)
        return self.page(
            request,
            "notice/page",
            title=str(notice),
            question=_("In which words did we ask?"),
            notice=notice,
            tone=tone,
            standing=words,
            covers=notice.purposes.select_related("purpose"),
            published=notice.history.filter(published_from__isnull=False).order_by("history_date").first(),
            before=before,
            difference=_difference(before, notice) if before else [],
            consents=ConsentRecord.objects.filter(notice_version=notice)[:10_001].count(),
            may_change=request.user.has_perm(CHANGE),
        )

    def publish(self, request, key):
        self.demand(request, CHANGE)
        notice = self.found(NoticeVersion.objects, pk=key)
        form = PublishForm(request.POST)
        if form.is_valid():
            since = form.cleaned_data["in_use_from"]
            done = gettext("Published: these words stand, and are in use since the moment that you gave.")
            done = done if since else gettext("Published: these words are in use from now on.")
            self.act(request, done, publishing.publish_notice, notice=notice, by=request.user, in_use_from=since)
        else:
            messages.error(request, " ".join(form.errors["in_use_from"]))
        return redirect("admin:consents_noticeversion_change", key)

    def new_version(self, request, key):
        """A draft with these words."""
        self.demand(request, "consents.add_noticeversion")
        notice = self.found(NoticeVersion.objects, pk=key)
        draft = publishing.notice_draft(notice, by=request.user)
        return redirect("admin:consents_noticeversion_change", draft.pk)


def _standing(notice: NoticeVersion) -> tuple[str, str]:
    if notice.published_from is None:
        return "warn", gettext("draft")
    if notice.published_to and notice.published_to <= timezone.now():
        return "quiet", gettext("no longer in use")
    return "good", gettext("in use")


def _difference(before: NoticeVersion, after: NoticeVersion) -> list[tuple[str, str]]:
    """Line by line: ("added" | "removed" | "same", words)."""
    kinds = {"+": "added", "-": "removed", " ": "same"}
    lines = difflib.ndiff(_lines(before), _lines(after))
    return [(kinds[line[0]], line[2:]) for line in lines if line[0] in kinds]


def _lines(notice: NoticeVersion) -> list[str]:
    return [*notice.text.splitlines(), *notice.withdrawal_text.splitlines()]
