"""Joining, confirming an address, signing in and out, through the API's auth resource."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from public_web.api_client import ApiDown, ApiRefusal
from public_web.forms import field, local_path
from public_web.visitor import (
    DEVICE_COOKIE,
    api,
    forget,
    is_here,
    remember,
    remember_device,
    signed_in,
)

pages = Blueprint("account", __name__)


@pages.get("/sign-in")
def sign_in() -> str:
    return _form("sign_in.html")


@pages.post("/sign-in")
def submit_sign_in() -> Response | tuple[str, int]:
    body = {
        "email": field("email"),
        "password": request.form.get("password", ""),
        "remember": _long(),
        "device": request.cookies.get(DEVICE_COOKIE, "")[:100],
    }
    try:
        result = api().post("auth", "login", body=body)
    except ApiRefusal as refusal:
        return _form("sign_in.html", _sentence(refusal), refusal.field), max(400, refusal.status)
    token = result.get("token")
    if not isinstance(token, str) or not token:
        raise ApiDown("no token in the answer")
    response = redirect(local_path(request.form.get("next"), url_for("heroes.mine")))
    remember(response, token, _long())
    remember_device(response, result.get("device"))
    return response


@pages.get("/register")
def register() -> str:
    return _form("register.html")


@pages.post("/register")
def submit_register() -> Response | tuple[str, int]:
    body = {"email": field("email"), "password": request.form.get("password", ""), "name": field("name")}
    try:
        api().post("auth", "register", body=body)
    except ApiRefusal as refusal:
        return _form("register.html", refusal.sentence, refusal.field), max(400, refusal.status)
    session["letter"] = {"to": body["email"], "again": "account.register"}
    return redirect(url_for("account.check_mail"))


@pages.get("/check-mail")
def check_mail() -> str:
    """What to do next; the same whether the address was new or not."""
    letter = session.get("letter") or {"to": "", "again": "account.register"}
    return render_template(
        "check_mail.html", **letter, outbox="outbox" in current_app.blueprints and is_here()
    )


@pages.get("/verify")
def verify() -> str:
    """Only asks: programs that look at the links of letters must not use them up."""
    return render_template("verify.html", token=request.args.get("token", "")[:100], problem="")


@pages.post("/verify")
def submit_verify() -> Response | tuple[str, int]:
    token = field("token")
    try:
        api().post("auth", "verify-email", body={"token": token})
    except ApiRefusal as refusal:
        return render_template("verify.html", token="", problem=refusal.sentence), max(400, refusal.status)
    session.pop("letter", None)
    flash("Your address is confirmed.", "good")
    return redirect(url_for("profile.show" if signed_in() else "account.sign_in"))


@pages.post("/sign-out")
def sign_out() -> Response:
    """Signs out here even when the API cannot be told."""
    told = True
    if signed_in():
        try:
            api().post("auth", "logout", body={})
        except (ApiDown, ApiRefusal):
            told = False
    session.clear()
    if not told:
        flash("You are signed out in this browser.", "note")
    response = redirect(url_for("home.home"))
    forget(response)
    return response


def _long() -> bool:
    return request.form.get("remember") == "yes"


def _sentence(refusal: ApiRefusal) -> str:
    if refusal.status == 401:
        return "E-mail or password is wrong."
    return refusal.sentence


def _form(template: str, problem: str = "", at: str = "") -> str:
    given = {name: field(name) for name in ("email", "name", "next")}
    given["next"] = local_path(given["next"] or request.args.get("next"), "")
    return render_template(template, given=given, problem=problem, at=at)
