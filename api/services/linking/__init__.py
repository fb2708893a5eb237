"""Two accounts of one person become one: asking and confirming, the merge, and taking a link back (ADR 0029)."""
