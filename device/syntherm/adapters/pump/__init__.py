"""A New Era NE-1000 syringe pump in its safe mode: frames, replies, numbers, set-up, and the Pump port over them."""
