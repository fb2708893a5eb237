"""Dice that fall as a test says."""

from __future__ import annotations


class ScriptedDice:
    """Gives the scripted faces in order; raises when a die does not have the face, or the script is too short."""

    def __init__(self, *faces: int) -> None:
        self._faces = list(faces)
        self.rolled: list[tuple[int, int]] = []

    def roll(self, sides: int) -> int:
        if not self._faces:
            raise AssertionError(
                f"a d{sides} is rolled, but the script has no face left (so far {self.rolled})"
            )
        face = self._faces.pop(0)
        if not 1 <= face <= sides:
            raise AssertionError(f"the script says {face}, the die has {sides} sides (so far {self.rolled})")
        self.rolled.append((sides, face))
        return face

    @property
    def unused(self) -> list[int]:
        return list(self._faces)


class LoadedDice:
    """Every die shows the same share of its faces: 1.0 the highest, 0.0 the lowest."""

    def __init__(self, share: float) -> None:
        self._share = share

    def roll(self, sides: int) -> int:
        return 1 + round((sides - 1) * self._share)
