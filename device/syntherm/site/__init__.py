"""The site file: which devices stand here, how they are reached and calibrated, who signs; validated like a plan."""
