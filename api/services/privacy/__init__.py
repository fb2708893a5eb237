"""What somebody may ask of us: all that we keep of them as JSON, and to be forgotten (ADR 0036)."""
