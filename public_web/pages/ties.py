"""One's accounts become one: a code from here or from there, consent on both sides; and coming in from Discord."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from public_web.api_client import ApiDown, ApiRefusal
from public_web.forms import field
from public_web.pages.profile import account_page
from public_web.visitor import api, needs_account, remember, remember_device

pages = Blueprint("ties", __name__)


@pages.post("/account/links/code")
@needs_account
def give_code() -> str | tuple[str, int]:
    """The code stands on the page alone, in no address and no cookie."""
    try:
        given = api().post("links", body={})
    except ApiRefusal as refusal:
        return _refused("link", refusal)
    return account_page(given=given)


@pages.post("/account/links/enter")
@needs_account
def enter_code() -> Response | tuple[str, int]:
    try:
        api().post("links", "redeem", body={"code": field("code", 40) or "?"})
    except ApiRefusal as refusal:
        return _refused("link", refusal)
    return redirect(url_for("profile.show") + "#links")


@pages.post("/account/links/<request_id>/confirm")
@needs_account
def confirm(request_id: str) -> Response | tuple[str, int]:
    try:
        body = {"password": request.form.get("password", "")}
        done = api().post("links", request_id, "confirm", body=body)
    except ApiRefusal as refusal:
        return _refused("link_confirm", refusal)
    if done.get("state") == "linked":
        flash("The accounts are one now: heroes, gold and tables came over.", "good")
    else:
        flash("You have agreed. Now confirm on the other side, too: /link in Discord shows it.", "note")
    return redirect(url_for("profile.show") + "#links")


@pages.post("/account/links/<request_id>/refuse")
@needs_account
def refuse(request_id: str) -> Response:
    try:
        api().delete("links", request_id)
    except ApiRefusal as refusal:
        if refusal.status != 404:  # over already: what was asked for is so
            raise
    flash("Nothing was linked.", "good")
    return redirect(url_for("profile.show"))


@pages.post("/account/links/unlink")
@needs_account
def unlink() -> Response | tuple[str, int]:
    try:
        api().post("links", "unlink", body={"provider": field("provider", 20)})
    except ApiRefusal as refusal:
        return _refused("link", refusal)
    flash("That way in is closed. What was merged stays here.", "good")
    return redirect(url_for("profile.show"))


@pages.get("/enter")
def enter() -> str | tuple[str, int]:
    """Shows whose sign-in a link from Discord would be, and asks: opening the page uses nothing up."""
    token = request.args.get("token", "")[:100]
    try:
        name = str(api().post("auth", "browser", "look", body={"token": token or "?"}).get("name") or "")
    except ApiRefusal as refusal:
        return render_template("enter.html", token="", name="", problem=refusal.sentence), max(
            400, refusal.status
        )
    return render_template("enter.html", token=token, name=name, problem="")


@pages.post("/enter")
def submit_enter() -> Response | tuple[str, int]:
    try:
        result = api().post("auth", "browser", body={"token": field("token", 100) or "?"})
    except ApiRefusal as refusal:
        return render_template("enter.html", token="", name="", problem=refusal.sentence), max(
            400, refusal.status
        )
    token = result.get("token")
    if not isinstance(token, str) or not token:
        raise ApiDown("no token in the answer")
    response = redirect(url_for("heroes.mine"))
    remember(response, token, False)
    remember_device(response, result.get("device"))
    return response


def _refused(form: str, refusal: ApiRefusal) -> tuple[str, int]:
    if refusal.status == 401:
        raise refusal
    return account_page(form, refusal.sentence, refusal.field), max(400, refusal.status)
