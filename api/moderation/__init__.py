"""What is not welcome at a table: looked for in players' texts, in names and in models' prose (`docs/ai.md`)."""
