"""Evaluation of game masters: what they tell, held against what was committed. `./coc eval-gm`."""
