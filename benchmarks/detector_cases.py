"""Trainings made to fail in a known way, and healthy ones: what the first table is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A training made to fail one way, or to go well (`expected` None)."""

    name: str
    expected: str | None
    preset: str
    kimg: float
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    images: int = 0  # only so many of the data; 0 for all
    data: str = ""  # "" for the preset's; a bundled name, or one of benchmarks/pictures.py
    resolution: int = 0
    process_s: float = 0.0  # it ends after so much process time at the latest, if not 0
    in_fixture: bool = False


# fmt: off
NO_PENALTY = {"r1": 0.0, "r2": 0.0}
HEALTHY = [
    *(Case(f"digits, seed {s}", None, "digits", 50, seed=s, in_fixture=s < 2) for s in range(4)),
    *(Case(f"digits, seed {s}", None, "digits", 12, seed=s) for s in range(4, 14)),
    *(Case(f"fashion, seed {s}", None, "fashion", 5, seed=s, in_fixture=s < 2) for s in range(6)),
]
FAILING = [
    Case("minimax, D's rate 50 x", "d-winning", "article", 20, {"loss": "minimax", "d_lr": 1e-2},
         in_fixture=True),
    Case("hinge, G's rate 1/500", "d-winning", "digits", 20,
         {**NO_PENALTY, "loss": "hinge", "g_lr": 4e-6}),
    Case("least squares, D's rate 2 x, G's 1/100", "d-winning", "digits", 25,
         {**NO_PENALTY, "loss": "least-squares", "d_lr": 4e-3, "g_lr": 2e-5}),
    Case("relativistic, no R1 and R2, G's rate 1/100", "d-winning", "digits", 20,
         {**NO_PENALTY, "g_lr": 2e-5}, in_fixture=True),
    Case("D's rate 1/1,000", "d-losing", "digits", 20, {"d_lr": 2e-6}, in_fixture=True),
    Case("D's rate 1/10,000, garments", "d-losing", "fashion", 6, {"d_lr": 2e-7}),
    Case("non-saturating, D's rate 1/1,000", "d-losing", "article", 15, {"d_lr": 2e-7},
         in_fixture=True),
    Case("minimax, no classes, Adam 5e-3 (0.9)", "mode-collapse", "digits", 30,
         {**NO_PENALTY, "loss": "minimax", "classes": 0, "g_lr": 5e-3, "d_lr": 5e-3, "beta1": 0.9},
         in_fixture=True),
    Case("fully connected, Adam 2e-3 (0.9)", "mode-collapse", "article", 40,
         {"g_lr": 2e-3, "d_lr": 2e-3, "beta1": 0.9}, in_fixture=True),
    Case("fully connected as written, G's rate 10 x", "mode-collapse", "article", 40,
         {"g_lr": 2e-3}),
    Case("hinge, no classes, Adam 1e-2 (0.9)", "mode-collapse", "digits", 30,
         {**NO_PENALTY, "loss": "hinge", "classes": 0, "g_lr": 1e-2, "d_lr": 1e-2, "beta1": 0.9}),
    Case("50 garments, fully connected", "memorising", "fashion-mlp", 60, images=50,
         in_fixture=True),
    Case("50 garments, fully connected, seed 1", "memorising", "fashion-mlp", 30, seed=1,
         images=50),
    Case("Adam 0.5", "divergence", "digits", 10, {"g_lr": 0.5, "d_lr": 0.5}, in_fixture=True),
    Case("Wasserstein without its penalty, RMSprop 0.1", "divergence", "digits", 10,
         {**NO_PENALTY, "loss": "wasserstein-gp", "gp": 0.0, "optimizer": "rmsprop", "g_lr": 0.1,
          "d_lr": 0.1}),
    Case("SGD 5", "divergence", "digits", 10, {"optimizer": "sgd", "g_lr": 5.0, "d_lr": 5.0}),
    Case("G's rate 0", "stagnation", "digits", 20, {"g_lr": 0.0}, in_fixture=True),
    Case("both rates 1e-7", "stagnation", "digits", 40, {"g_lr": 1e-7, "d_lr": 1e-7}),
    Case("both rates 1e-6, garments", "stagnation", "fashion", 6, {"g_lr": 1e-6, "d_lr": 1e-6}),
]
# fmt: on
