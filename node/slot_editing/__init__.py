"""What a slot editor edits, on a running node and alone: slot files, pictures, and what was found on them."""
