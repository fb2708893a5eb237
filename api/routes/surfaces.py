"""Surfaces: where sessions are shown, for the services that show them."""

from __future__ import annotations

from flask import Blueprint, Response, request

from api.routes.http import body, current_actor, deps, ok
from api.schemas.requests import LeaseIn, SurfaceIn, SurfacePatch
from api.services import surfaces as use

bp = Blueprint("surfaces", __name__, url_prefix="/surfaces")


@bp.get("")
def index() -> Response:
    return ok({"items": use.list_surfaces(deps(), current_actor(), request.args.get("kind", "discord"))})


@bp.post("")
def create() -> Response:
    actor, wish = current_actor(), body(SurfaceIn)
    address = wish.address.model_dump(exclude={"kind"})
    return ok(use.create_surface(deps(), actor, wish.session_id, wish.kind, address), 201)


@bp.post("/<surface_id>/lease")
def lease(surface_id: str) -> Response:
    actor, wish = current_actor(), body(LeaseIn)
    return ok(use.take_lease(deps(), actor, surface_id, wish.holder, wish.seconds))


@bp.patch("/<surface_id>")
def write(surface_id: str) -> Response:
    actor, wish = current_actor(), body(SurfacePatch)
    address = wish.address.model_dump(exclude={"kind"}) if wish.address else None
    return ok(use.write_surface(deps(), actor, surface_id, wish.fence, wish.cursor, address, wish.messages))
