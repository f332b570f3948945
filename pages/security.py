"""What every request has to pass, and the headers that every answer gets: one ASGI middleware around the whole app."""

import re
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.access import COOKIE, hall, hosted, loopback
from repz_core.locale import _

OURS = "/repz/"  # our own routes, read-only
FORM = re.compile(r"/repz/[\w./-]{1,200}", re.ASCII)  # of their paths: nothing that a file system minds
UPLOADS = "/_stcore/upload_file/"  # where Streamlit takes files into memory, whether a page asks for one or not
POLICY = {
    "default-src": "'self'",
    # Streamlit's page has an inline script and loads a browser part's code from a blob; plotly makes functions of text.
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses requests that a page of another site makes a browser send, and writes the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = None if scope["type"] == "lifespan" else refusal(scope)
        if refused is None:
            await self.app(scope, receive, with_headers)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refused.body.decode()[:120]})
        else:
            await refused(scope, receive, with_headers)


def refusal(scope: Scope) -> PlainTextResponse | None:
    """The answer to a request that is not served; None where it is."""
    headers = Headers(scope=scope)
    if not hosted() and not (_is_local(headers.get("host")) and loopback((scope.get("client") or [None])[0])):
        words = _(
            "This lab serves its own machine alone; to serve others set REPZ_HOSTED=1 and a presenter's REPZ_CODE."
        )
        return PlainTextResponse(words, 403)
    ours = scope["path"].startswith(OURS)
    if ours and not FORM.fullmatch(scope["path"]):
        return PlainTextResponse(_("There is nothing at this address."), 404)
    if ours and scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
        return PlainTextResponse(_("The lab's routes are read-only."), 405, {"Allow": "GET, HEAD"})
    if UPLOADS in scope["path"] and hosted() and not _has_pass(headers):
        return PlainTextResponse(_("Only one who gave the presenter's code may send files."), 403)
    if (ours or scope["type"] == "websocket") and not _same_origin(headers):
        words = _(
            "That request came from another site's page; name its origin in server.corsAllowedOrigins to allow it."
        )
        return PlainTextResponse(words, 403)
    return None


def _has_pass(headers: Headers) -> bool:
    """Whether the cookie of one who gave the presenter's code came along."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE) in hall.passes


def _is_local(host: str | None) -> bool:
    """Whether the Host header names this machine; another name that leads here is a site's that wants to be let in."""
    try:
        return bool(host) and loopback(urlsplit(f"//{host}").hostname)
    except ValueError:
        return False


def _same_origin(headers: Headers) -> bool:
    """Whether a page of the lab asks, or no page at all."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    same = origin.partition("://")[2] == headers.get("host")
    return same or origin in st.get_option("server.corsAllowedOrigins")
