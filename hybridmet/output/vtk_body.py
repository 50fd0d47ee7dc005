"""The bloodstream as a drawing: compartments as vertices, vessels between them as lines."""

from typing import Any

import numpy as np

from hybridmet.output.body_layout import BodyLayout
from hybridmet.output.vtk_grid import Array, Drawing


def body_outline(layout: BodyLayout) -> Drawing:
    """The silhouette of the body: one closed line."""
    points = layout.outline
    return Drawing(points, lines=(np.arange(len(points)),))


class BodyDrawing:
    """Draws a circulation. Points are the compartments, then the bends of the vessels.

    A bend has no volume and holds no cells of its own (0), so that sums over points are sums
    over the body; its flow and concentration are those of the compartment the blood comes from.
    """

    def __init__(self, network: Any, layout: BodyLayout):
        self.network = network
        self.scale = layout.scale
        self.names = np.array([*network.names])
        places = [layout.place(name) for name in network.names]
        self.lines, bends, upstream = _vessels(network, layout)
        self.points = np.vstack([places, *bends])
        self.upstream = np.concatenate([np.arange(len(places)), upstream]).astype(int)

    def draw(self, circulation: Any) -> Drawing:
        """Points and lines with the cells in the blood now."""
        return Drawing(
            self.points,
            vertices=len(self.names),
            lines=self.lines,
            point_data=self._point_data(circulation),
            cell_data=self._cell_data(circulation),
            field_data={"body_scale": Array(np.array([self.scale]), "um/cm")},
        )

    def _point_data(self, circulation: Any) -> dict[str, Array]:
        network = self.network
        return {
            "name": Array(self._own(self.names, "")),
            "capillary_bed": Array(self._own(np.asarray(network.is_bed, np.uint8))),
            "volume": Array(self._own(network.volume), "mL"),
            "flow": Array(self._carried(network.flow), "mL/h"),
            "ctc_free": Array(self._own(circulation.free), "cells"),
            "ctc_arrested": Array(self._own(circulation.arrested), "cells"),
            "ctc_concentration": Array(self._carried(circulation.concentration), "cells/mL"),
        }

    def _cell_data(self, circulation: Any) -> dict[str, Array]:
        """Vertices carry what their compartment has, lines what runs through them."""
        network = self.network
        source = np.asarray(network.edge_source)
        share = network.edge_flow_bp / network.flow_bp[source]
        edge_flow = network.flow[source] * share
        concentration = np.asarray(circulation.concentration)
        return {
            "vessel_flow": Array(np.concatenate([network.flow, edge_flow]), "mL/h"),
            "vessel_ctc_concentration": Array(
                np.concatenate([concentration, concentration[source]]), "cells/mL"
            ),
        }

    def _own(self, values: Any, nothing: Any = 0) -> np.ndarray:
        """Values of the compartments, nothing at bends."""
        values = np.asarray(values)
        bends = np.full(len(self.points) - len(values), nothing, dtype=values.dtype)
        return np.concatenate([values, bends])

    def _carried(self, values: Any) -> np.ndarray:
        return np.asarray(values, dtype=np.float64)[self.upstream]


def _vessels(network: Any, layout: BodyLayout):
    """Lines as point indices, bends (lists of (k, 3)), and for each bend its upstream node."""
    lines, bends, upstream = [], [], []
    first = len(network.names)
    for source, target in zip(network.edge_source, network.edge_target, strict=True):
        route = layout.route(network.names[source], network.names[target])
        between = np.arange(first, first + len(route))
        lines.append(np.concatenate([[source], between, [target]]).astype(np.int32))
        bends.append(route)
        upstream += [source] * len(route)
        first += len(route)
    return tuple(lines), bends, np.array(upstream, dtype=int)
