"""Vasculature: the vessels of one lattice, and what tissue and cells see of them."""

from collections.abc import Mapping

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue import perfusion
from hybridmet.tissue.capillary_mesh import capillary_mesh
from hybridmet.tissue.fields import FieldParameters, VesselExchange
from hybridmet.tissue.perfusion import Pieces, VesselSites
from hybridmet.tissue.point_vessels import point_vessels
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.tissue.vessels import VesselNetwork
from hybridmet.work import Work


class Vasculature:
    """A vessel network with its shadow on the lattice, which is cast anew when it changes.

    `network`, its `pieces` cut at the sides of sites, `sites` (what cells meet) and `exchange`
    (what fields meet) always belong together.
    """

    network: VesselNetwork
    pieces: Pieces
    sites: VesselSites
    exchange: VesselExchange

    def __init__(
        self,
        lattice: Lattice,
        parameters: VesselParameters,
        fields: Mapping[str, FieldParameters],
        *,
        seed: int,
        tissue: int,
    ):
        """`tissue` numbers the patient's lattices and is part of each random identity."""
        self.lattice, self.parameters, self.fields = lattice, parameters, dict(fields)
        self.seed, self.tissue = seed, tissue
        self.events: dict[str, int] = {}
        """What has happened to vessels so far, by name."""
        self.work = Work()
        with self.work.timed():
            self._embed(first_network(lattice, parameters, seed, tissue))

    def _embed(self, network: VesselNetwork) -> None:
        """Take a network and cast it on the lattice."""
        self.network = network
        self.pieces = perfusion.cut(self.lattice, network)
        self.sites = perfusion.vessel_sites(self.lattice, network, self.pieces)
        self.exchange = VesselExchange(
            sites=self.pieces.sites,
            conductance=perfusion.conductances(self.lattice, network, self.pieces, self.fields),
        )
        self.work.updates += len(network.segments)

    def kernel_arrays(self) -> dict[str, np.ndarray]:
        """What the cell kernel reads of the vessels."""
        names = ("mask", "sites", "intact_area", "ruptured_area")
        return {name: getattr(self.sites, name) for name in names}

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        """The state in canonical order, for the digest."""
        return self.network.state_arrays()


def first_network(
    lattice: Lattice, parameters: VesselParameters, seed: int, tissue: int
) -> VesselNetwork:
    """The vessels a lattice begins with."""
    if parameters.points is not None:
        return point_vessels(lattice, parameters.points, seed, tissue)
    return capillary_mesh(lattice, parameters, seed, tissue)
