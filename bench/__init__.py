"""Speed and memory, measured honestly: every figure beside a floor or a peer of the same run."""
