"""How long a stop takes: from a person's press or word to what ends energy on a wire."""
