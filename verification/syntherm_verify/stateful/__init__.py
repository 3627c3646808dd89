"""Sessions under anything that people, images and equipment do: the real loop in a puppet room, rule by rule."""
