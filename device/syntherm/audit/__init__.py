"""The record: append-only, hash-chained, durable before anything rises, and executable again."""
