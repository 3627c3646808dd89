"""Is every damage to a record found, and the first bad entry named, by both verifiers?"""
