"""The pages, one module per thing that a visitor comes for."""
