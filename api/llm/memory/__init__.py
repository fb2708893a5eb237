"""What a long story is remembered by: facts drawn from it, found again, and fitted into a prompt. Pure."""
