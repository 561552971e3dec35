"""A book made by the real adapters, whose vendors are stand-ins of ours over real HTTP."""
