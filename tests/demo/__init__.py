"""The simulated boards, which the other tests believe, are tested themselves."""
