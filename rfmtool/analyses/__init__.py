"""Questions about customers, one to a file; each a pure function of frames."""
