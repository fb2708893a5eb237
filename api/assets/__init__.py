"""Files that belong to somebody, such as portraits: the port, and the adapter for a disk."""
