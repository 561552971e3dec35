"""What the SDKs of OpenAI and Anthropic throw, told as the ports' errors (VENDORS: what mid-stream faults look like).

Both SDKs sit on httpx2 and share the shape of their exceptions. Messages hold kinds, codes and status numbers only:
vendors like to quote the prompt in theirs.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from time import time
from typing import cast

import anthropic
import httpx2
import openai

from jobs.ports import VendorBusy, VendorClosed, VendorError, VendorRefused, VendorStalled, VendorUnusable

QUOTA_CODES = {
    "insufficient_quota",
    "quota_exceeded",
    "billing_hard_limit_reached",
    "billing_not_active",
    "account_deactivated",
}
REFUSAL_CODES = {"moderation_blocked", "content_policy_violation", "content_filter"}
_RETRIED = {408, 409, 429}


@contextmanager
def told_as_ours(vendor: str) -> Generator[None]:
    """Raises VendorError in place of whatever an SDK throws inside; our own errors pass."""
    try:
        yield
    except VendorError:
        raise
    except (openai.APITimeoutError, anthropic.APITimeoutError, httpx2.ReadTimeout, TimeoutError) as error:
        raise VendorStalled(f"{vendor} did not answer in time") from error
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        if error.status_code < 400:  # it came in the middle of a stream that had begun well
            raise of_code(vendor, code_of(error.body)) from error
        raise of_status(vendor, error.status_code, code_of(error.body), error.response.headers) from error
    except (openai.APIConnectionError, anthropic.APIConnectionError, httpx2.TransportError, OSError) as error:
        raise VendorBusy(f"the connection to {vendor} broke: {type(error).__name__}") from error
    except (openai.APIError, anthropic.APIError) as error:  # an error event in the middle of a stream
        raise of_code(vendor, code_of(error.body)) from error
    except Exception as error:  # the SDKs take what comes for what they expect, and trip over anything else
        raise VendorUnusable(f"{vendor} answered with something broken: {type(error).__name__}") from None


def of_status(vendor: str, status: int, code: str, headers: Mapping[str, str]) -> VendorError:
    """The error for an HTTP status and the vendor's code for it."""
    if code in QUOTA_CODES or status in (401, 402, 403):
        return VendorClosed(f"{vendor} answers {status} {code}".rstrip())
    if code in REFUSAL_CODES:
        return VendorRefused(f"{vendor} refuses: {code}")
    if status in _RETRIED or status >= 500:
        return VendorBusy(f"{vendor} answers {status} {code}".rstrip(), retry_after_s(headers))
    return VendorUnusable(f"{vendor} answers {status} {code}".rstrip())


def of_code(vendor: str, code: str) -> VendorError:
    """The error for a failure that a stream tells of after its 200."""
    if code in QUOTA_CODES:
        return VendorClosed(f"{vendor} ends its stream: {code}")
    if code in REFUSAL_CODES:
        return VendorRefused(f"{vendor} refuses: {code}")
    return VendorBusy(f"{vendor} ends its stream: {code or 'an error'}")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that the vendor asks us to wait: a number, or a date (RFC 9110, 10.2.3); None where it says nothing."""
    said = headers.get("retry-after", "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time())
    except (TypeError, ValueError):
        return None


def code_of(body: object) -> str:
    """The vendor's word for what went wrong: `code`, `status` or `type` of its error. Only a plain word is taken."""
    found = body
    if isinstance(found, Mapping):
        inner = cast("Mapping[str, object]", found)
        found = inner.get("error") or inner.get("detail") or inner
    if isinstance(found, Mapping):
        fields = cast("Mapping[str, object]", found)
        found = fields.get("code") or fields.get("status") or fields.get("type")
    return found if isinstance(found, str) and found.replace("_", "").isalnum() and len(found) <= 60 else ""
