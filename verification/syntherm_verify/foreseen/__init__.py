"""Coverage predicted before the drug, beside what is reached."""
