"""One loss term a file, all with the signature ``(StudentOutput, Targets) -> scalar tensor``."""
