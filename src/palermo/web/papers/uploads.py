"""How does a file come in? Onto the disk, piece by piece, and no further than its limit."""

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler


class LimitedUpload(TemporaryFileUploadHandler):
    """Keeps a file in the folder for uploads until the request ends; Django removes it then.

    Of a file beyond the limit the rest is read and thrown away, so that what else was typed still arrives; the request
    then says `too_large`. From somebody who is not signed in nothing is kept at all.
    """

    def new_file(self, *args: object, **kwargs: object) -> None:
        if self.request is None or not self.request.user.is_authenticated:
            raise SkipFile
        super().new_file(*args, **kwargs)
        self.taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.taken += len(raw_data)
        if self.taken > settings.FILE_LIMIT:
            self.request.too_large = True
            raise SkipFile
        super().receive_data_chunk(raw_data, start)
