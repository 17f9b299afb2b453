"""Palermo: from a referral to the review of the whole response against human trafficking."""
