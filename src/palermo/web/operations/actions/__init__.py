"""Operations and tasking meetings: every write of this stage, each one transaction with its audit entry."""
