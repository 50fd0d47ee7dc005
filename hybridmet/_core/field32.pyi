# The same source as `field`, compiled for float32.
from hybridmet._core.field import DTYPE as DTYPE
from hybridmet._core.field import ERR_CONVERGENCE as ERR_CONVERGENCE
from hybridmet._core.field import FieldSolver as FieldSolver
from hybridmet._core.field import Workspace as Workspace
