"""A forgotten password: asking for a letter, and choosing a new password with its link."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from public_web.api_client import ApiRefusal
from public_web.forms import field
from public_web.visitor import api, forget, remember_device

pages = Blueprint("passwords", __name__)


@pages.get("/forgot")
def forgot() -> str:
    return render_template("forgot.html", given={"email": ""}, problem="", at="")


@pages.post("/forgot")
def submit_forgot() -> Response | tuple[str, int]:
    """Leads on in the same way for every address."""
    email = field("email")
    try:
        api().post("auth", "forgot-password", body={"email": email})
    except ApiRefusal as refusal:
        page = render_template(
            "forgot.html", given={"email": email}, problem=refusal.sentence, at=refusal.field
        )
        return page, max(400, refusal.status)
    session["letter"] = {"to": email, "again": "passwords.forgot"}
    return redirect(url_for("account.check_mail"))


@pages.get("/reset")
def reset() -> str:
    return render_template("reset.html", token=request.args.get("token", "")[:100], problem="", at="")


@pages.post("/reset")
def submit_reset() -> Response | tuple[str, int]:
    token = field("token")
    try:
        body = {"token": token, "password": request.form.get("password", "")}
        result = api().post("auth", "reset-password", body=body)
    except ApiRefusal as refusal:
        stale = refusal.field == "token"
        page = render_template(
            "reset.html", token="" if stale else token, problem=refusal.sentence, at=refusal.field
        )
        return page, max(400, refusal.status)
    session.clear()
    flash("Your new password holds. Sign in with it.", "good")
    response = redirect(url_for("account.sign_in"))
    forget(response)
    remember_device(response, result.get("device"))
    return response
