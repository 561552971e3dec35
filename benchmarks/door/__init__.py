"""What the door costs those who mean well, and what it spares them of those who do not."""
