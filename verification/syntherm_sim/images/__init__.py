"""Real in-vivo images with a known heating written into their phase, through the shipped session's thermometry."""
