"""Signing in, out and up, through the API's auth resource."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from public_web.api_client import ApiDown, ApiRefusal
from public_web.forms import field, local_path
from public_web.visitor import api, forget, remember, signed_in

pages = Blueprint("account", __name__)


@pages.get("/sign-in")
def sign_in() -> str:
    return _form("sign_in.html")


@pages.post("/sign-in")
def submit_sign_in() -> str | Response | tuple[str, int]:
    body = {"email": field("email"), "password": request.form.get("password", ""), "remember": _long()}
    return _enter("login", body, "sign_in.html")


@pages.get("/register")
def register() -> str:
    return _form("register.html")


@pages.post("/register")
def submit_register() -> str | Response | tuple[str, int]:
    body = {"email": field("email"), "password": request.form.get("password", ""), "name": field("name")}
    return _enter("register", body, "register.html")


@pages.post("/sign-out")
def sign_out() -> Response:
    """Signs out here even when the API cannot be told."""
    if signed_in():
        try:
            api().post("auth", "logout", body={})
        except (ApiDown, ApiRefusal):
            flash("You are signed out in this browser.", "note")
    response = redirect(url_for("home.home"))
    forget(response)
    return response


def _long() -> bool:
    return request.form.get("remember") == "yes"


def _enter(action: str, body: Mapping[str, object], template: str) -> Response | tuple[str, int]:
    try:
        result = api().post("auth", action, body=body)
    except ApiRefusal as refusal:
        return _form(template, problem=_sentence(refusal), at=refusal.field), max(400, refusal.status)
    token = result.get("token")
    if not isinstance(token, str) or not token:
        raise ApiDown("no token in the answer")
    response = redirect(local_path(request.form.get("next"), url_for("heroes.mine")))
    remember(response, token, _long())
    return response


def _sentence(refusal: ApiRefusal) -> str:
    if refusal.status == 401:
        return "E-mail or password is wrong."
    return refusal.sentence


def _form(template: str, problem: str = "", at: str = "") -> str:
    given = {name: field(name) for name in ("email", "name", "next")}
    given["next"] = local_path(given["next"] or request.args.get("next"), "")
    return render_template(template, given=given, problem=problem, at=at)
