"""What a person means, from how they really write: service type, entity, places, urgency."""
