"""What a piece of furniture is and how each kind is built: containers, cages, pallets, skips, boats, and more."""
