"""What the compaction of a table's days is made of."""
