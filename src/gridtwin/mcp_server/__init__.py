"""
The door for agents: the tools over the Model Context Protocol, by stdio and HTTP.

Only what speaks the protocol is here. What is asked and answered is `gridtwin.tools`; the SDK is
imported when a server is made, and not before.
"""
