"""What tests of the Appwrite adapter agree on."""

DATABASE = "game"
TIMEOUTS = (1.0, 10.0)
