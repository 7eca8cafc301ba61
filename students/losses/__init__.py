"""One loss term a file: a module made of (student, channels of the teacher's latents), called with what the student
said, what is taught, and which anchors learn what; it returns an unweighted scalar. ``terms.py`` lists them."""
