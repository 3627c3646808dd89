"""The response of the day: two shots of a test sonication, what they show, and what can be covered with it."""
