"""Real equipment behind the ports: for each protocol a codec without IO, and a small client that asks and judges."""
