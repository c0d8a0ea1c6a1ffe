"""How the index reaches an object store: as the store of facts does, by the environment that its own tools read."""

from __future__ import annotations

import os


def options_for(url: str) -> dict[str, str] | None:
    """What the index's engine has to be told beside the environment, which it reads itself; None where nothing.

    An endpoint without TLS, such as a store of one's own on this network, is one that somebody has named: the engine
    refuses it otherwise, while the store of facts does not.
    """
    if not url.startswith("s3://"):
        return None
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    if not endpoint:
        return None
    return {"aws_endpoint": endpoint} | ({"allow_http": "true"} if endpoint.startswith("http://") else {})
