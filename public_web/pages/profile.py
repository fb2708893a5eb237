"""One's own account: address, password, tier, and where one is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from public_web.api_client import ApiRefusal
from public_web.forms import field
from public_web.visitor import api, forget, needs_account

pages = Blueprint("profile", __name__, url_prefix="/account")


@pages.get("")
@needs_account
def show() -> str:
    return account_page()


@pages.post("/password")
@needs_account
def change_password() -> Response | tuple[str, int]:
    new = request.form.get("new_password", "")
    body = {"current_password": request.form.get("current_password", ""), "password": new}
    try:
        api().post("auth", "change-password", body=body)
    except ApiRefusal as refusal:
        if refusal.status == 401:
            raise
        at = "new_password" if refusal.field == "password" else refusal.field
        return account_page("password", refusal.sentence, at), max(400, refusal.status)
    flash("Your password is changed. Everywhere else you were signed out.", "good")
    return redirect(url_for("profile.show"))


@pages.post("/email")
@needs_account
def change_email() -> Response | tuple[str, int]:
    email = field("email")
    try:
        api().post(
            "auth", "change-email", body={"password": request.form.get("password", ""), "email": email}
        )
    except ApiRefusal as refusal:
        if refusal.status == 401:
            raise
        return account_page("email", refusal.sentence, refusal.field), max(400, refusal.status)
    flash(f"A letter is on its way to {email}. Your address changes when you use its link.", "good")
    return redirect(url_for("profile.show"))


@pages.post("/sessions/<login_id>/end")
@needs_account
def end(login_id: str) -> str | Response:
    """With HTMX the list alone comes back; without it, the page."""
    try:
        api().delete("account", "sessions", login_id)
    except ApiRefusal as refusal:
        if refusal.status != 404:  # ended already: what was asked for is so
            raise
    if request.headers.get("HX-Request") == "true":
        return render_template("_sessions.html", logins=_logins())
    flash("That sign-in has ended.", "good")
    return redirect(url_for("profile.show"))


@pages.post("/sessions/end-others")
@needs_account
def end_others() -> Response:
    api().delete("account", "sessions", **{"except": "current"})
    flash("Everywhere else you are signed out.", "good")
    return redirect(url_for("profile.show"))


@pages.post("/sessions/end-all")
@needs_account
def end_all() -> Response:
    api().delete("account", "sessions")
    session.clear()
    flash("You are signed out everywhere.", "good")
    response = redirect(url_for("account.sign_in"))
    forget(response)
    return response


def account_page(form: str = "", problem: str = "", at: str = "", given: dict[str, Any] | None = None) -> str:
    """`form` names the form that was refused, so that the reason stands there; `given` is a code to link with."""
    who, tier, leaving = api().get("auth", "me"), api().get("account", "tier"), api().get("account", "delete")
    return render_template(
        "account.html",
        who=who,
        logins=_logins(),
        ties={"items": [], "requests": [], **api().get("links")},
        tier=tier,
        tier_until=_when(tier.get("until")),
        leaving=leaving,
        leaves_on=_when(leaving.get("leaves_at")),
        given=given,
        form=form,
        problem=problem,
        at=at,
        email=field("email"),
    )


def _logins() -> list[dict[str, Any]]:
    return [
        {**login, "since": _when(login.get("created_at")), "seen": _when(login.get("last_seen_at"))}
        for login in api().items("account", "sessions")
    ]


def _when(text: Any) -> str:
    """A moment of the API as people read it, in UTC."""
    try:
        return datetime.fromisoformat(str(text)).strftime("%-d %b %Y, %H:%M UTC")
    except ValueError:
        return ""
