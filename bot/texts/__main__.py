"""`./coc texts [--check] [LANGUAGE …]`: bring the catalogues up to date with the code and say what they lack."""

from __future__ import annotations

import argparse
import sys

from babel import Locale, UnknownLocaleError

from bot.texts import LANGUAGES, SOURCE
from bot.texts.collect import brought_up_to_date, collected, write


def main(given: list[str] | None = None) -> int:
    """Exit status 1 when a text has no translation; with --check also when a translation has lost its text."""
    parser = argparse.ArgumentParser(prog="coc texts", description=__doc__)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help="such as fr; a new one is begun")
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args(given)
    languages = options.languages or [each for each in LANGUAGES if each != SOURCE]
    for language in languages:
        try:
            Locale.parse(language)
        except (ValueError, UnknownLocaleError):
            parser.error(f"{language!r} is no language; say it as de, fr or pt_BR")
    template = collected()
    lacking = 0
    for language in languages:
        entries, missing, left_over = brought_up_to_date(language, template)
        if not options.check:
            write(language, entries)
        gone = f", {left_over} left over from texts that are gone" if left_over else ""
        print(f"{language}: {len(entries)} texts, {len(missing)} without a translation{gone}")
        for message in missing[:20]:
            print(f"  {message.id if isinstance(message.id, str) else message.id[0]!r}")
        lacking += len(missing) + (left_over if options.check else 0)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
