"""Orders go from placed to shipped, or to rejected with everything given back: one step per change of the table."""
