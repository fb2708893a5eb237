"""The rules API and its workers: all business logic of Code of Conquest."""

VERSION = "0.1.0"
