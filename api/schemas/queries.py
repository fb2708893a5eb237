"""What stands behind the question mark: each a string on the wire, read strictly and named when it is at fault."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# The store looks up at most 100 documents at once, and most pages need another one for each of their rows.
Limit = Annotated[int, Field(ge=1, le=100, description="how many at most on a page")]
Cursor = Annotated[str | None, Field(max_length=400, description="`next_cursor` of the page before")]


class Query(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class PageIn(Query):
    cursor: Cursor = None
    limit: Limit = 100


class TurnsIn(PageIn):
    limit: Limit = 20


class SessionsIn(PageIn):
    channel: str | None = Field(
        None,
        max_length=40,
        description="those shown in a Discord channel or thread, for the service that shows them",
    )


class SessionViewIn(Query):
    character_id: str | None = Field(None, max_length=36, description="whose `legal` a service wants to see")


class MemoriesIn(PageIn):
    limit: Annotated[int, Field(ge=1, le=50, description="how many at most on a page")] = 20
    subject: str = Field("", max_length=48, description="a content key or character id that it is about")
    q: str = Field("", max_length=100, description="words that all stand in it")
    pinned: Literal["true", "false"] = "false"


class EventsIn(Query):
    after: Annotated[int, Field(ge=0, le=999_999_999, description="rows after this `seq`")] = 0
    limit: Annotated[int, Field(ge=1, le=200, description="how many rows at most")] = 100
    wait: Annotated[float, Field(ge=0, le=25, description="seconds to wait for a row: a long poll")] = 0


class StreamIn(Query):
    after: Annotated[int | None, Field(ge=0, le=999_999_999)] = None


class LoreIn(Query):
    item: str = Field(
        "", max_length=80, description="a thing's name, its key, or the id by which it is carried"
    )


class SurfacesIn(PageIn):
    kind: Literal["discord"] = "discord"


class RevokeIn(Query):
    except_: Literal["current"] | None = Field(None, alias="except")
