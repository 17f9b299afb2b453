"""Who and what is a case about? People, addresses, vehicles and phones, and how they are linked to it."""
