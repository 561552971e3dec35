"""How OpenAI is told the shape in which it is to answer.

https://platform.openai.com/docs/guides/structured-outputs
"""

from __future__ import annotations

from functools import cache

from openai.lib._pydantic import to_strict_json_schema
from openai.types.responses import ResponseTextConfigParam
from pydantic import BaseModel


@cache
def answer_in(shape: type[BaseModel]) -> ResponseTextConfigParam:
    """The `text` of a request whose answer is JSON of this shape, and nothing else."""
    schema = to_strict_json_schema(shape)
    return {"format": {"type": "json_schema", "name": shape.__name__, "strict": True, "schema": schema}}
