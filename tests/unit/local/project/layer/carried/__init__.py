"""What a layer carries."""

WORD = "from the layer"
