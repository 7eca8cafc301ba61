"""What right-sized students cost and lose, and whether the choice without labels is the one that labels would make."""
