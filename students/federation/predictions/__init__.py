"""Methods in which cameras tell each other what they see on common pictures: no frames and no weights leave them."""
