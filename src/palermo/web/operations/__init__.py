"""Which operation works on what, and what does the tasking meeting decide?"""
