"""Characters made from pictures, and 3D models of characters: all by rules of our own, without a model."""
