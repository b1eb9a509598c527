"""What an event is and where it is kept."""
