"""Orders over HTTP: taken at once, whatever becomes of them later; shown as they stand."""
