"""How it meets the wire: HTTP, WebSocket, command line, wiring."""
