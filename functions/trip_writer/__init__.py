"""Clean trips go to the trips table, unusable records to quarantine, what failed comes back."""
