"""What the consensus makes of the teacher's labels."""
