"""Safety checks, one per file. Each answers two questions: may energy start, and may it continue?"""
