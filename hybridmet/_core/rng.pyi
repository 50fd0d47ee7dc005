from collections.abc import Sequence

import numpy as np

def philox(key: Sequence[int], counter: Sequence[int]) -> tuple[int, int, int, int]: ...
def uniform(
    seed: int, stream: int, first_identity: int, step: int, draw: int, n: int
) -> np.ndarray: ...
