"""The page on which a researcher signs in to a collector without a Hub: with their study link."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs, urlsplit

from tornado.web import RequestHandler

from .people import Identity, TokenRefused

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Sign in · Prompter</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 15vh auto 0; padding: 0 1rem;
    background: light-dark(#fbfbf9, #14171a); color: light-dark(#1c2125, #e7eaec); }}
  h1 {{ font-size: 1.4rem; }}
  label {{ display: block; margin-bottom: .3rem; }}
  input {{ width: 100%; box-sizing: border-box; font: inherit; padding: .5rem; border-radius: 6px;
    border: 1px solid light-dark(#8a939b, #68717a); background: light-dark(#fff, #1b1f23); color: inherit; }}
  button {{ font: inherit; margin-top: 1rem; padding: .5rem 1.2rem; border: 0; border-radius: 6px;
    background: #1668a8; color: #fff; }}
  p.refused {{ color: light-dark(#b03f00, #ff8f52); }}
</style>
<h1>Watch the study</h1>
{refused}
<form method="post">
  {xsrf}
  <input type="hidden" name="next" value="{next}">
  <label for="link">Your study link, as the study’s operator gave it to you</label>
  <input id="link" name="link" type="password" autocomplete="off" required value="{link}">
  <button>Sign in</button>
</form>
</html>
"""


class SignInHandler(RequestHandler):
    """GET shows the form, and signs nobody in: mail programs open links to preview them. POST signs in."""

    def initialize(self, people: Identity, cookie: str) -> None:
        """``cookie``: the name of the cookie that keeps the link."""
        self._people = people
        self._cookie = cookie

    def set_default_headers(self) -> None:
        """A link in an address must not go further."""
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")
        self.set_header(
            "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        )

    def get(self) -> None:
        """The form; ``?token=`` fills it in."""
        self._show(self.get_query_argument("token", ""), "")

    async def post(self) -> None:
        """Keep the link in a cookie of this browser's, and go on to the page that was asked for."""
        token = _token_of(self.get_body_argument("link", ""))
        try:
            await self._people.person(token)
        except TokenRefused as error:
            self.set_status(403)
            self._show("", str(error))
            return
        prefix = self.settings["prefix"]
        secure = self.request.protocol == "https"
        self.set_signed_cookie(self._cookie, token, expires_days=None, path=prefix, httponly=True, secure=secure)
        asked = self.get_body_argument("next", "")
        # Only ever a page of ours: an address of somebody else's would take whoever signs in with it.
        self.redirect(asked if asked.startswith(prefix) else prefix + "monitor")

    def _show(self, token: str, refused: str) -> None:
        asked = self.get_argument("next", "")
        self.finish(
            _PAGE.format(
                refused=f'<p class="refused" role="alert">{escape(refused)}</p>' if refused else "",
                xsrf=self.xsrf_form_html(),
                next=escape(asked, quote=True),
                link=escape(token, quote=True),
            )
        )


def _token_of(pasted: str) -> str:
    """The token of what was pasted: a whole address, or the token alone."""
    pasted = pasted.strip()
    try:
        found = parse_qs(urlsplit(pasted).query).get("token")
    except ValueError:
        return pasted
    return found[0] if found else pasted
