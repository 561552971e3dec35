"""What aimock answers with: a plan, the pages that follow it, verdicts, and a voice."""

from __future__ import annotations

import base64
import json

from benchmarks.vendors import material

PAGES = 4
TEXTS = [material.page(number) for number in range(1, PAGES + 1)]
PLANS, WRITES = '"page_count"', '"beats"'
"""What stands in the user's turn of a call that plans, and of one that writes."""


def said(match: dict[str, object], answer: object) -> dict[str, object]:
    """A model's answer, in JSON, to what matches; it is billed, which aimock leaves out by itself."""
    usage = {"input_tokens": 900, "output_tokens": 600, "total_tokens": 1500}
    return {"match": match, "response": {"content": json.dumps(answer), "usage": usage}}


def busy(match: dict[str, object], status: int = 429) -> dict[str, object]:
    """A refusal of the first call that matches."""
    error = {"message": "Too many requests", "type": "rate_limit_error"}
    return {"match": {**match, "sequenceIndex": 0}, "response": {"error": error, "status": status}}


PLAN = said({"userMessage": PLANS}, material.plan({"cast": [], "title": None, "page_count": PAGES}))
WRITE = said({"userMessage": WRITES}, {"pages": TEXTS})
VOICE: dict[str, object] = {
    "match": {"endpoint": "speech"},
    "response": {"audio": base64.b64encode(material.spoken(TEXTS[0])).decode(), "format": "mp3"},
}
PICTURE: dict[str, object] = {
    "match": {"endpoint": "image"},
    "response": {"image": {"b64Json": material.picture()}},
}
# A picture comes without words, so that nothing but everything matches it.
JUDGE = said({}, {"fit_for_children": True, "categories": []})
ALL = [PLAN, WRITE, VOICE, PICTURE, JUDGE]
