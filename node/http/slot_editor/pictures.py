"""A picture to draw slots on, with what is to be known of it."""

from __future__ import annotations

import hashlib
import json

from fastapi.responses import Response

from lotwise.node.http.slot_editor.models import PictureAnswer
from lotwise.node.slot_editing.edited_site import EditedPicture

HASH_DIGITS = 16


def picture_response(picture: EditedPicture) -> Response:
    """The JPEG; what is to be known of it is JSON in the header X-Picture."""
    about = PictureAnswer.of(picture, hashlib.sha256(picture.jpeg).hexdigest()[:HASH_DIGITS])
    # Headers are ASCII: other letters in a name are written as JSON escapes.
    told = json.dumps(about.model_dump(mode="json"))
    return Response(picture.jpeg, media_type="image/jpeg", headers={"X-Picture": told})
