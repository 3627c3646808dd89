"""Whether thermometry that is misled says so: images that lie, by whatever cause, against what is true."""
