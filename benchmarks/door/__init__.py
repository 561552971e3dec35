"""What the door costs those who come in, and what it spares them while others do harm."""
