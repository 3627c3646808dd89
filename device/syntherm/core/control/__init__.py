"""Controllers: from temperature bounds to power per focal point."""
