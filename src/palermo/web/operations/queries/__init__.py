"""Operations and tasking meetings: every read of this stage, for whoever asks."""
