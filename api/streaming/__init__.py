"""Inside the stream process: who follows what, what they are owed, and how it reaches them."""
