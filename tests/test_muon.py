"""Muon in float32 does what torch's Muon does, without rounding to bfloat16."""

import pytest
import torch

from labutils.muon import Muon, orthogonalize

COEFFICIENTS, STEPS, EPS = (3.4445, -4.7750, 2.0315), 5, 1e-7


@pytest.mark.parametrize("shape", [(24, 24), (24, 8), (8, 24)])
def test_singular_values_come_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    found = orthogonalize(matrix[None], COEFFICIENTS, STEPS, EPS)[0]
    assert found.shape == shape and found.dtype == torch.float32
    values = torch.linalg.svdvals(found)
    assert 0.3 < values.min() and values.max() < 1.3
    # The directions stay: what is multiplied with is symmetric and positive.
    assert (found.T @ matrix).trace() > 0


@pytest.mark.parametrize("shape", [(24, 24), (24, 8), (8, 24)])
def test_steps_are_those_of_torch_up_to_its_rounding(shape):
    """Three steps, so that momentum counts; with weight decay."""
    generator = torch.Generator().manual_seed(1)
    start, grads = torch.randn(shape, generator=generator), [torch.randn(shape, generator=generator) for _ in range(3)]
    moved = []
    for kind in (Muon, torch.optim.Muon):
        param = torch.nn.Parameter(start.clone())
        optimizer = kind([param], lr=0.1, weight_decay=0.05, momentum=0.9)
        for grad in grads:
            param.grad = grad.clone()
            optimizer.step()
        moved.append(param.detach())
    assert (moved[0] - start).norm() > 0.1
    assert (moved[0] - moved[1]).norm() < 0.03 * (moved[0] - start).norm()


def test_a_parameter_without_gradient_stays_and_a_closure_is_called():
    param = torch.nn.Parameter(torch.ones(4, 4))
    optimizer = Muon([param], lr=0.1)
    assert optimizer.step(lambda: torch.tensor(2.0)) == 2.0
    assert torch.equal(param, torch.ones(4, 4))
