"""What kiosks are told: signed versions of the hall's sections, and the number of the live state."""
