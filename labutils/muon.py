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
            for param, grad, average in zip(params, grads, averages, strict=True):
                average.lerp_(grad, 1 - group["momentum"])
                update = grad.lerp(average, group["momentum"]) if group["nesterov"] else average
                rows, columns = param.shape
                param.mul_(1 - group["lr"] * group["weight_decay"])
                param.add_(orthogonalize(update, group["ns_coefficients"], group["ns_steps"], group["eps"]),
                           alpha=-group["lr"] * math.sqrt(max(1.0, rows / columns)))
        return loss


def orthogonalize(matrix: torch.Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> torch.Tensor:
    """The matrix with its singular values brought near 1 by Newton-Schulz iterations, in its own shape and dtype."""
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x
