"""Coverage-guided fuzzing: readers of outside bytes refuse what they cannot read, in bounded memory."""
