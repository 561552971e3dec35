"""Signed URLs of media in a bucket: S3's own, or those that Cloudflare checks in front of it.

Both carry when they were issued, and that is the beginning of the 6-hour window: so a URL stays the same within it,
browsers and caches know it again, and it is good for at least 6 hours more.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote, urlencode, urlsplit

from jobs.providers.media_keys import WINDOW_S

LIFETIME_S = 2 * WINDOW_S


class PresignedUrls:
    """URLs that S3 itself checks. `base_url` is the bucket's.

    botocore signs with the present time only, so this follows the source: docs.aws.amazon.com, "Authenticating
    Requests: Using Query Parameters (AWS Signature Version 4)". A test holds the two together.
    """

    cache_control = "private, max-age=31536000, immutable"
    """The URL is a secret of the reader's, and so is what comes of it."""

    def __init__(self, base_url: str, access_key: str, secret_key: str, region: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._access_key = access_key
        self._secret_key = secret_key
        self._region = region

    def url(self, key: str, issued: int) -> str:
        at = datetime.fromtimestamp(issued, UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = (at[:8], self._region, "s3", "aws4_request")
        query = urlencode(
            {
                "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
                "X-Amz-Credential": "/".join((self._access_key, *scope)),
                "X-Amz-Date": at,
                "X-Amz-Expires": LIFETIME_S,
                "X-Amz-SignedHeaders": "host",
            }
        )
        whole = urlsplit(f"{self._base_url}/{key}")
        request = "\n".join(("GET", whole.path, query, f"host:{whole.netloc}", "", "host", "UNSIGNED-PAYLOAD"))
        to_sign = "\n".join(("AWS4-HMAC-SHA256", at, "/".join(scope), sha256(request.encode()).hexdigest()))
        signing_key = f"AWS4{self._secret_key}".encode()
        for part in scope:
            signing_key = hmac.digest(signing_key, part.encode(), "sha256")
        return f"{whole.geturl()}?{query}&X-Amz-Signature={hmac.digest(signing_key, to_sign.encode(), 'sha256').hex()}"


class CloudflareUrls:
    """URLs that a custom rule of Cloudflare's lets through, and blocks without a valid token.

    The rule, with the host and the secret of the settings, is:

        http.host eq "<host>" and
        not is_timed_hmac_valid_v0("<CDN_SECRET>", http.request.uri, 43200, http.request.timestamp.sec, 8)

    Source: developers.cloudflare.com, "Configure token authentication": the token is `?verify=<issued>-<mac>`, its MAC
    the Base64 of HMAC-SHA256 over the path and the time of issue.
    """

    cache_control = "public, max-age=31536000, immutable"
    """Cloudflare checks the token before it looks into its cache, so it may keep what private caches only could."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._folder = urlsplit(self._base_url).path
        self._secret = secret.encode()

    def url(self, key: str, issued: int) -> str:
        mac = b64encode(hmac.digest(self._secret, f"{self._folder}/{key}{issued}".encode(), "sha256")).decode()
        return f"{self._base_url}/{key}?verify={issued}-{quote(mac, safe='')}"
