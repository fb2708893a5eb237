"""Real processes, real sockets: the whole thing as it is deployed."""
