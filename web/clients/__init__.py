"""Where clients are, for whoever asks: in a box, near a place, one by one, along their trails."""
