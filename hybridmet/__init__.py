"""hybridmet: one model of metastasis, from the primary tumour through the blood to the organs."""

from hybridmet._version import __version__

__all__ = ["__version__"]
