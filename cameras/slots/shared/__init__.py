"""Places that several cameras see: one state from what each of them says, and how well they agree."""
