"""The signed treatment plan: its values with units and hard bounds, and the reader that refuses all else."""
