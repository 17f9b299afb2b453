"""Exchange: the remit and its referrals in the files of other programs."""
