"""Passes batches of clicks on to the API: beacons of browsers that leave a page, and clicks of those that may not reach the API."""

import json
import threading
import urllib.error
import urllib.request
from urllib.parse import urlsplit, urlunsplit

from dashboard.limits import Buckets

LARGEST = 8_000  # bytes of a batch; the server takes hardly more
SECONDS = 5  # in which the API must answer
AT_ONCE = 4  # each holds a thread of the server
LARGEST_ANSWER = 64 << 10


class Refused(Exception):
    """A batch that is not passed on; `status` is the answer's, `retry_after` in seconds or None."""

    def __init__(self, status, reason, retry_after=None):
        super().__init__(reason)
        self.status, self.retry_after = status, retry_after


class Forwarder:
    """Posts batches to the API of a config.Menu. Each client may send 30 at once and then one a second.

    `endpoint_url`: the local cloud's, or None. There the API is served by that endpoint too, whatever address of it the
    browser has: a server that is a machine of its own reaches it by another one.
    """

    def __init__(self, endpoint_url=None):
        self._endpoint = endpoint_url
        self._limits = Buckets(burst=30, seconds=1)
        self._working = threading.BoundedSemaphore(AT_ONCE)
        # Neither redirects nor a proxy's answers: the key goes to the API alone.
        self._opener = urllib.request.build_opener(_NoRedirects)

    def send(self, menu, body, client):
        """The API's (status, answer in bytes, Retry-After or None) to a JSON text of `{"clicks": […]}`.

        Refused where it was not asked, or did not answer.
        """
        if len(body) > LARGEST:
            raise Refused(413, f"A batch may have {LARGEST:,} bytes here; this one has more.")
        if not _is_batch(body):
            raise Refused(400, 'A batch is JSON such as {"clicks": [{…}]}.')
        wait = self._limits.take(client)
        if wait:
            raise Refused(429, "There were too many batches.", wait)
        if not self._working.acquire(blocking=False):
            raise Refused(503, "Too many batches are on their way.", 1)
        try:
            request = urllib.request.Request(  # noqa: S310 - the URL is the configuration's, which takes http and https only
                self._address(menu.url) + "/poc/batch", body, {"Content-Type": "application/json", "x-api-key": menu.key}
            )
            with self._opener.open(request, timeout=SECONDS) as answer:
                return answer.status, answer.read(LARGEST_ANSWER), None
        except urllib.error.HTTPError as error:
            return error.code, error.read(LARGEST_ANSWER), error.headers.get("Retry-After")
        except (OSError, ValueError) as error:
            raise Refused(502, f"The API cannot be reached: {getattr(error, 'reason', error)}.") from error
        finally:
            self._working.release()

    def _address(self, url):
        if not self._endpoint:
            return url
        return urlunsplit((*urlsplit(self._endpoint)[:2], *urlsplit(url)[2:]))


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def _is_batch(body):
    """Whether it looks like a batch; what a click is, only the API's model says."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and list(data) == ["clicks"] and isinstance(data["clicks"], list)
