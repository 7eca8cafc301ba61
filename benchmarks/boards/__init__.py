"""One student over several boards, against the whole one, a small one, and one network that boards compute together."""
