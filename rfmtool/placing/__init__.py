"""From scores and evidence to segment, rung of the ladder, action and channel."""
