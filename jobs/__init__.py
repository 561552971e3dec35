"""What happens in the background, and its public face: ports, events, queue."""
