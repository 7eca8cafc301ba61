"""Who may use the operators' pages: users with roles and passwords, their sign-ins, and tokens for programs."""
