"""Who may do what: the table (`table.py`) and the one place that asks it (`asking.py`). See docs/security.md."""

from api.policy.asking import NOTHING, About, authorise, held_roles, may, may_enter
from api.policy.table import RULES, Role, Rule

__all__ = ["NOTHING", "RULES", "About", "Role", "Rule", "authorise", "held_roles", "may", "may_enter"]
