"""What a student learns from: targets, which anchors learn which of them, and the loss terms.

One term a file in ``terms/``: a module made of (student, channels of the teacher's latents) and called with what the
student said, what is taught, and which anchors learn what. It returns an unweighted scalar. ``all_terms.py`` lists
them, ``weights.py`` says how much each counts; the other files are what several terms share.
"""
