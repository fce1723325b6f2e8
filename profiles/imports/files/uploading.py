"""Uploads that are sealed as they arrive: no clear copy lies on a disk, not even for a moment."""

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from profiles.imports.errors import FileTooLarge
from profiles.imports.files.storage import Keeper
from profiles.vault.sealed_files import Kept


class SealedUpload(UploadedFile):
    """An uploaded file that is kept already; `kept` says where."""

    def __init__(self, kept: Kept, name: str):
        super().__init__(name=name, size=kept.size)
        self.kept = kept


class SealingHandler(FileUploadHandler):
    """Set it as a request's only upload handler before its POST is read."""

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self._keeper = Keeper()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            self._keeper.take(raw_data)
        except FileTooLarge:
            raise StopUpload(connection_reset=True) from None

    def file_complete(self, file_size: int) -> SealedUpload:
        return SealedUpload(self._keeper.finish(), self.file_name)

    def upload_interrupted(self) -> None:
        self._keeper.give_up()
