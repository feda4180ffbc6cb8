"""What a run of the site that changes nothing is compared with."""
