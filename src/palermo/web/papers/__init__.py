"""What was noted, filed and decided on a case, by whom and why?"""
