"""The launcher behind `./coc`: sets up, starts, watches and checks everything on one machine.

Every module is standard library only, except those that say "runs inside the venv" in their first line.
"""
