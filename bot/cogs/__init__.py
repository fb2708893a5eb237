"""One module for each thing that a player wants: start a campaign, take a turn, fight, hear the story."""
