"""Runs that no threshold of the diagnosis was set on, to be judged once.

Ten made to fail in other ways and on other data than the first table, ten of wide colour that come
as they come (labelled by eye from their sample grids before the diagnosis was asked), ten meant to
go well. MNIST_DIR must name a folder with MNIST's two t10k files.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.detector_cases import Case

PLAIN = {"r1": 0.0, "r2": 0.0}
ADAM = {"beta1": 0.9, "beta2": 0.999}
SMALL = {"batch_size": 16}  # of the convolutional ones: many steps for little time
PROCESS_S = 5.0

# fmt: off
FRESH = [
    Case("F1 digits, fully connected, hinge, D's rate 0.02", "any", "fashion-mlp", 20,
         {**PLAIN, "loss": "hinge", "d_lr": 0.02}, 101, data="digits"),
    Case("F2 waves, textbook DCGAN small, Wasserstein without its penalty", "any", "dcgan-small", 8,
         {"loss": "wasserstein-gp", "gp": 0.0, "optimizer": "rmsprop", "g_lr": 0.02, "d_lr": 0.02},
         102, data="waves", resolution=16),
    Case("F3 shapes, fully connected, minimax, D's rate 25 x", "any", "article", 16,
         {"loss": "minimax", "d_lr": 5e-3}, 103, data="shapes", resolution=16),
    Case("F4 shapes, conv, rate 0.1", "any", "own", 5, {"g_lr": 0.1, "d_lr": 0.1}, 104,
         data="shapes", resolution=16),
    Case("F5 MNIST 16 px, fully connected, Adam 5e-3 (0.9)", "any", "article", 20,
         {**ADAM, "g_lr": 5e-3, "d_lr": 5e-3}, 105, data="mnist", resolution=16),
    Case("F6 24 waves only, conv, no penalty", "any", "own", 8, {**PLAIN, "flip": False}, 106,
         images=24, data="waves", resolution=16),
    Case("F7 emoji 16 px, G's rate 1e-6", "any", "emoji", 6, {"g_lr": 1e-6}, 107, resolution=16),
    Case("F8 MNIST 16 px, fully connected, least squares, G's rate 0.1", "any", "fashion-mlp", 15,
         {**PLAIN, "loss": "least-squares", "g_lr": 0.1}, 108, data="mnist", resolution=16),
    Case("F9 gradients, conv, D's rate 0", "any", "own", 6, {"d_lr": 0.0}, 109, data="gradients",
         resolution=16),
    Case("F10 digits, conv, SGD 0.3 (0.9), no penalty", "any", "digits", 12,
         {**PLAIN, "optimizer": "sgd", "g_lr": 0.3, "d_lr": 0.3, "classes": 0}, 110),

    Case("W1 emoji 16 px", "eye", "emoji", 8, {}, 201, resolution=16),
    Case("W2 emoji 16 px, non-saturating, Adam 2e-3 (0.9)", "eye", "emoji", 8,
         {**PLAIN, **ADAM, "loss": "nonsaturating", "g_lr": 2e-3, "d_lr": 2e-3}, 202,
         resolution=16),
    Case("W3 emoji 16 px, fully connected", "eye", "fashion-mlp", 15, {}, 203, data="emoji",
         resolution=16),
    Case("W4 emoji 16 px, fully connected, as the article", "eye", "article", 20, {}, 204,
         data="emoji", resolution=16),
    Case("W5 shapes, conv", "eye", "own", 8, {}, 205, data="shapes", resolution=16),
    Case("W6 shapes, textbook DCGAN small", "eye", "dcgan-small", 8, {}, 206, data="shapes",
         resolution=16),
    Case("W7 gradients, conv", "eye", "own", 8, {}, 207, data="gradients", resolution=16),
    Case("W8 gradients, fully connected, as the article", "eye", "article", 15, {}, 208,
         data="gradients", resolution=16),
    Case("W9 gradients, conv, hinge without penalty", "eye", "own", 8, {**PLAIN, "loss": "hinge"},
         209, data="gradients", resolution=16),
    Case("W10 300 shapes, conv, rates 4e-3", "eye", "own", 8, {"g_lr": 4e-3, "d_lr": 4e-3}, 210,
         images=300, data="shapes", resolution=16),

    Case("H1 MNIST 16 px, fully connected", None, "fashion-mlp", 20, {}, 301, data="mnist",
         resolution=16),
    Case("H2 MNIST 16 px, fully connected", None, "fashion-mlp", 20, {}, 302, data="mnist",
         resolution=16),
    Case("H3 garments, fully connected", None, "fashion-mlp", 20, {}, 303),
    Case("H4 digits, fully connected", None, "fashion-mlp", 20, {}, 304, data="digits"),
    Case("H5 digits, conv, hinge", None, "digits", 15, {"loss": "hinge"}, 305),
    Case("H6 digits, conv, no classes", None, "digits", 15, {"classes": 0}, 306),
    Case("H7 waves, conv", None, "own", 8, {}, 307, data="waves", resolution=16),
    Case("H8 waves, textbook DCGAN small", None, "dcgan-small", 8, {}, 308, data="waves",
         resolution=16),
    Case("H9 MNIST 16 px, conv", None, "digits", 8, {}, 309, data="mnist", resolution=16),
    Case("H10 digits, conv, least squares", None, "digits", 15, {"loss": "least-squares"}, 310),
]
# fmt: on


def _fitted(case: Case) -> Case:
    is_dense = case.preset in ("article", "fashion-mlp")
    settings = case.settings if is_dense else {**SMALL, **case.settings}
    return replace(case, settings=settings, process_s=PROCESS_S)


# in turns, so that what was recorded so far is of all three kinds
FRESH = [_fitted(FRESH[10 * kind + i]) for i in range(10) for kind in range(3)]
