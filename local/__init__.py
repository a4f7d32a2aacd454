"""What runs beside AWS, never in it: an AWS on this machine and the engine that drives functions as AWS would."""
