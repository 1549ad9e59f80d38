"""Muon in float32, for processors that multiply bfloat16 slowly."""

from __future__ import annotations

import math

import torch


class Muon(torch.optim.Muon):
    """`torch.optim.Muon`, orthogonalizing in the dtype of the parameters.

    torch's own casts to bfloat16, which a processor without instructions for it emulates: on one with AVX2 only, a step
    on the 42 matrices of the embedded model took 13 s, more than four times what reading the batch took. Source: Jordan et
    al. 2024, https://kellerjordan.github.io/posts/muon/
    """

    def __init__(self, params, lr: float = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95):
        super().__init__(params, lr=lr, weight_decay=weight_decay, momentum=momentum)

    @torch.no_grad()
    def step(self, closure=None):
        """One step on all parameters that have a gradient; returns the closure's loss, if there is a closure."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            params, grads, averages = [], [], []
            self._init_group(group, params, grads, averages)
            if not params:
                continue
            torch._foreach_lerp_(averages, grads, 1 - group["momentum"])
            updates = torch._foreach_lerp(grads, averages, group["momentum"]) if group["nesterov"] else averages
            torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])
            for (rows, columns), alike in by_shape(params).items():
                stacked = torch.stack([updates[i] for i in alike])
                stacked = orthogonalize(stacked, group["ns_coefficients"], group["ns_steps"], group["eps"])
                torch._foreach_add_([params[i] for i in alike], list(stacked.to(params[alike[0]].dtype)),
                                    alpha=-group["lr"] * math.sqrt(max(1.0, rows / columns)))
        return loss


def by_shape(params: list[torch.Tensor]) -> dict[tuple[int, int], list[int]]:
    """Indices of the matrices of each shape: those alike are orthogonalized together, in a few large products."""
    alike: dict[tuple[int, int], list[int]] = {}
    for i, param in enumerate(params):
        alike.setdefault((param.shape[0], param.shape[1]), []).append(i)
    return alike


def orthogonalize(matrices: torch.Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> torch.Tensor:
    """(n, rows, columns) matrices with their singular values brought near 1 by Newton-Schulz iterations.

    In the dtype given; on a GPU in bfloat16, as torch's own does it.
    """
    a, b, c = coefficients
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=eps)
    x = x.bfloat16() if x.is_cuda else x
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x
