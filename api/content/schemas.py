"""Writes the JSON Schema of each kind of content file, so that editors can help authors while they type."""

from __future__ import annotations

import json
from pathlib import Path

from api.content.definitions import KINDS
from api.content.definitions.tiers import TierDef
from api.content.tiers import FOLDER as TIERS

SCHEMAS = Path(__file__).resolve().parents[2] / "data" / "schemas"


def schema_texts() -> dict[str, str]:
    """File name -> the schema's text, as it must stand in the folder of schemas."""
    texts = {}
    for kind, definition in {**KINDS, TIERS: TierDef}.items():
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **definition.model_json_schema()}
        texts[f"{kind}.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return texts


def write_schemas(folder: Path = SCHEMAS) -> list[Path]:
    """Write every schema below `folder` and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schema_texts().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    for path in write_schemas():
        print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
