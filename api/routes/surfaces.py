"""Surfaces: where sessions are shown, for the services that show them."""

from __future__ import annotations

from flask import Blueprint, Response

from api.routes.http import body, current_actor, deps, ok, query
from api.routes.operation import operation
from api.schemas.answers.base import Page
from api.schemas.answers.sessions import SurfaceLease, SurfaceOut
from api.schemas.queries import SurfacesIn
from api.schemas.requests import LeaseIn, SurfaceIn, SurfacePatch
from api.services import surfaces as use

bp = Blueprint("surfaces", __name__, url_prefix="/surfaces")


@bp.get("")
@operation("surface.list", Page[SurfaceOut], query=SurfacesIn)
def index() -> Response:
    """Surfaces of sessions that are not long over."""
    asked = query(SurfacesIn)
    return ok(use.list_surfaces(deps(), current_actor(), asked.kind, asked.cursor, asked.limit))


@bp.post("")
@operation("surface.create", SurfaceOut, body=SurfaceIn, status=201, repeat="again")
def create() -> Response:
    """Show a session somewhere; the same session and kind again gives the surface that is there."""
    actor, wish = current_actor(), body(SurfaceIn)
    address = wish.address.model_dump(exclude={"kind"})
    return ok(use.create_surface(deps(), actor, wish.session_id, wish.kind, address), 201)


@bp.post("/<surface_id>/lease")
@operation("surface.write", SurfaceLease, body=LeaseIn, repeat="again", codes=("conflict",))
def lease(surface_id: str) -> Response:
    """Become or stay the one process that posts there."""
    actor, wish = current_actor(), body(LeaseIn)
    return ok(use.take_lease(deps(), actor, surface_id, wish.holder, wish.seconds))


@bp.patch("/<surface_id>")
@operation("surface.write", SurfaceOut, body=SurfacePatch, repeat="again", codes=("conflict",))
def write(surface_id: str) -> Response:
    """Save how far the feed was posted, under the fence of the lease."""
    actor, wish = current_actor(), body(SurfacePatch)
    address = wish.address.model_dump(exclude={"kind"}) if wish.address else None
    progress = use.Progress(wish.fence, wish.cursor, address, wish.messages)
    return ok(use.write_surface(deps(), actor, surface_id, progress))
