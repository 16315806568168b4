"""Muon against numpy's singular value decomposition, and against torch's Adam for all else."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from gan.training.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(24, 216), (48, 48), (40, 9)])
def test_it_turns_a_matrix_into_its_singular_vectors_and_makes_their_values_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    matrix = matrix * torch.linspace(1, 4, shape[1])
    left, values, right = np.linalg.svd(matrix.double().numpy(), full_matrices=False)
    seen = left.T @ orthogonal(matrix).double().numpy() @ right.T
    assert values.max() / values.min() > 2  # so that there is something to even out
    assert np.abs(seen - np.diag(np.diag(seen))).max() < 1e-4
    assert 0.65 < np.diag(seen).min() <= np.diag(seen).max() < 1.25
    assert torch.allclose(orthogonal(1000 * matrix), orthogonal(matrix), atol=1e-4)


def networks() -> tuple[nn.Module, nn.Module]:
    """Twice the same: three convolutions and a linear layer."""
    made = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.Conv2d(8, 6, 3), nn.ConvTranspose2d(6, 1, 3), nn.Linear(5, 7)
    )
    return made, copy.deepcopy(made)


def stepped(module: nn.Module, optimizer: torch.optim.Optimizer, times: int) -> None:
    noise = torch.Generator().manual_seed(5)
    for _ in range(times):
        for parameter in module.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=noise)
        optimizer.step()


def test_all_but_convolutions_are_updated_by_adam():
    one, other = networks()
    stepped(one, Muon(one.parameters(), 0.01, betas=(0.0, 0.9), fused=True), 3)
    stepped(other, torch.optim.Adam(other.parameters(), 0.01, betas=(0.0, 0.9), fused=True), 3)
    same = [torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True)]
    assert same == [False, True, False, True, False, True, True, True]  # each bias after its weight
    assert all(parameter.grad is not None for parameter in one.parameters())  # for its norm


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_a_convolution_moves_by_one_and_a_half_rates_along_its_gradients_mean(beta):
    module, _ = networks()
    before = module[1].weight.detach().clone()
    stepped(module, Muon(module.parameters(), 0.01, betas=(beta, 0.9), fused=True), 1)
    moved = (module[1].weight.detach() - before).flatten(1)
    left, _, right = np.linalg.svd(module[1].weight.grad.flatten(1).numpy(), full_matrices=False)
    towards = torch.from_numpy(left @ right)  # the nearest orthogonal matrix
    cosine = -(moved * towards).sum() / moved.norm() / towards.norm()
    assert cosine > 0.97
    assert moved.square().mean().sqrt() == pytest.approx(1.5 * 0.01, rel=0.2)
