"""A model that lies: wordings by kind, and the answers that a hostile provider gives."""
