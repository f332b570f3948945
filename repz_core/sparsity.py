"""How sparse codes are, and what they keep: pure functions of codes (N, K) and images (N, n)."""

import math

import torch
from torch import Tensor


def density(codes: Tensor) -> Tensor:
    """Share of the examples that each unit is active on: not exactly zero, (N, K) -> (K,)."""
    return (codes != 0).double().mean(0)


def hoyer(codes: Tensor) -> Tensor:
    """(sqrt K - |h|_1 / |h|_2) / (sqrt K - 1) per example, (N, K) -> (N,): 1 with one active unit, 0 with all alike
    (Hoyer 2004); 1 for a code of zeros.
    """
    root = math.sqrt(codes.shape[1])
    ratio = codes.abs().sum(1) / codes.norm(dim=1).clamp_min(1e-30)
    share = (root - ratio) / max(root - 1, 1e-30)
    return torch.where(codes.any(1), share, torch.ones_like(share)).clamp(0, 1)


def variance_explained(x: Tensor, x_hat: Tensor) -> float:
    """1 - sum ||x - x_hat||^2 / sum ||x - mean||^2, (N, n), (N, n); 0 where the examples do not differ."""
    total = (x - x.mean(0)).square().sum().item()
    return 1 - (x - x_hat).square().sum().item() / total if total > 0 else 0.0


def measures(x: Tensor, x_hat: Tensor, codes: Tensor) -> dict[str, float]:
    """recon, squared error an example; l0, active units an example; alive, the share of units active on any; hoyer;
    variance_explained.
    """
    return {
        "recon": (x - x_hat).square().sum(1).mean().item(),
        "l0": (codes != 0).sum(1).double().mean().item(),
        "alive": (codes != 0).any(0).double().mean().item(),
        "hoyer": hoyer(codes).mean().item(),
        "variance_explained": variance_explained(x, x_hat),
    }
