"""Sign-in: accounts, the links of letters, passwords and addresses, and who am I."""

from __future__ import annotations

from flask import Blueprint, Response, request

from api.errors import Forbidden, NoMail
from api.identity.port import SignedIn
from api.routes.browsers import (
    COOKIE,
    account_view,
    csrf_token,
    give_cookies,
    give_device,
    has_bearer,
    opens_by_itself,
    take_cookie,
)
from api.routes.http import body, client, current_actor, current_login, ok, session_token, wired
from api.routes.operation import operation
from api.schemas.answers.base import Nothing
from api.schemas.answers.catalogue import DeviceOut, LetterSent, Me, SignedInOut, UserAnswer
from api.schemas.answers.people import NameOut
from api.schemas.requests import (
    ChangeEmailIn,
    ChangePasswordIn,
    Empty,
    ForgotIn,
    LoginIn,
    RegisterIn,
    ResetIn,
    TokenIn,
)

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.post("/register")
@opens_by_itself
@operation(
    "sign_in.use",
    LetterSent,
    body=RegisterIn,
    status=202,
    limit="sign_in",
    repeat="fresh",
    codes=("no_mail",),
)
def register() -> Response:
    """The same answer for an address that has an account; the letter tells its owner."""
    wish = body(RegisterIn)
    _needs_mail()
    wired().identity.register(wish.email, wish.password, wish.name, client())
    return ok({"status": "letter_sent"}, 202)


@bp.post("/verify-email")
@opens_by_itself
@operation("sign_in.use", UserAnswer, body=TokenIn, limit="sign_in", repeat="fresh")
def verify_email() -> Response:
    """Use the link of a letter."""
    account = wired().identity.confirm(body(TokenIn).token)
    return ok({"user": account_view(account)})


@bp.post("/login")
@opens_by_itself
@operation(
    "sign_in.use",
    SignedInOut,
    body=LoginIn,
    limit="sign_in",
    repeat="fresh",
    codes=("unauthenticated", "email_unverified"),
)
def login() -> Response:
    """Sign in; a browser also gets the cookies."""
    wish = body(LoginIn)
    signed_in = wired().identity.sign_in(
        wish.email, wish.password, remember=wish.remember, client=client(wish.device)
    )
    return _welcome(signed_in)


@bp.post("/browser/look")
@opens_by_itself
@operation("sign_in.use", NameOut, body=TokenIn, limit="sign_in", repeat="again")
def look_at_browser_link() -> Response:
    """Whose sign-in a link would be, so that nobody signs in as somebody else unawares."""
    owner = wired().identity.browser_link_owner(body(TokenIn).token)
    return ok({"name": owner.name})


@bp.post("/browser")
@opens_by_itself
@operation("sign_in.use", SignedInOut, body=TokenIn, limit="sign_in", repeat="fresh")
def use_browser_link() -> Response:
    """Signs in by the one-time link that a service gave its user."""
    signed_in = wired().identity.use_browser_link(body(TokenIn).token, client())
    return _welcome(signed_in)


@bp.post("/logout")
@operation("sign_in.use", Nothing, body=Empty, repeat="again")
def logout() -> Response:
    """End the sign-in that this request shows."""
    body(Empty)
    wired().identity.close_login(session_token())
    response = ok({})
    take_cookie(response, wired().deps.settings)
    return response


@bp.post("/forgot-password")
@opens_by_itself
@operation(
    "sign_in.use", LetterSent, body=ForgotIn, status=202, limit="sign_in", repeat="fresh", codes=("no_mail",)
)
def forgot_password() -> Response:
    """The same answer, after the same work, whether there is such an account or not."""
    wish = body(ForgotIn)
    _needs_mail()
    wired().identity.forgot(wish.email, client())
    return ok({"status": "letter_sent"}, 202)


@bp.post("/reset-password")
@opens_by_itself
@operation("sign_in.use", DeviceOut, body=ResetIn, limit="sign_in", repeat="fresh")
def reset_password() -> Response:
    """Use the link of a reset letter; every sign-in ends."""
    wish = body(ResetIn)
    device = wired().identity.reset(wish.token, wish.password)
    response = ok({"device": device})
    give_device(response, device, wired().deps.settings)
    take_cookie(response, wired().deps.settings)
    return response


@bp.post("/change-password")
@operation("account.secure", Nothing, body=ChangePasswordIn, limit="sign_in", repeat="fresh")
def change_password() -> Response:
    """Every other sign-in ends."""
    wish = body(ChangePasswordIn)
    wired().identity.change_password(current_login(), wish.current_password, wish.password, client())
    return ok({})


@bp.post("/change-email")
@operation(
    "account.secure",
    LetterSent,
    body=ChangeEmailIn,
    status=202,
    limit="sign_in",
    repeat="fresh",
    codes=("no_mail",),
)
def change_email() -> Response:
    """The address changes when the link in the letter to it is used."""
    wish = body(ChangeEmailIn)
    _needs_mail()
    wired().identity.change_email(current_login(), wish.password, wish.email, client())
    return ok({"status": "letter_sent"}, 202)


@bp.get("/me")
@operation("account.read", Me)
def me() -> Response:
    """Also the `csrf_token` that a browser client sends with its writes."""
    account = wired().identity.account(current_actor().require_user())
    if account is None:
        raise Forbidden("That account is gone.")
    view = account_view(account)
    if not has_bearer():
        view["csrf_token"] = csrf_token(wired().deps.settings, request.cookies.get(COOKIE, ""))
    return ok(view)


def _welcome(signed_in: SignedIn) -> Response:
    settings = wired().deps.settings
    response = ok(
        {
            "user": account_view(signed_in.account),
            "token": signed_in.token,
            "expires_in": signed_in.seconds,
            "device": signed_in.device,
            "csrf_token": csrf_token(settings, signed_in.token),
        }
    )
    give_cookies(response, signed_in, settings)
    return response


def _needs_mail() -> None:
    if wired().mailer is None:
        raise NoMail("This installation sends no e-mail, so this cannot be done here. Ask whoever runs it.")
