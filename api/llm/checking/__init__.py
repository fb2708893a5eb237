"""Holds a model's prose against committed facts, sentence by sentence, before anybody sees it."""

from api.llm.checking.checker import Checker as Checker
from api.llm.checking.checker import Passage as Passage
from api.llm.checking.checker import checker_of as checker_of
from api.llm.checking.verdicts import Fault as Fault
from api.llm.checking.verdicts import Verdict as Verdict
