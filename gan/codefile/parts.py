"""What a set-up adds to the file, by table: a loss, an optimiser, a set that is drawn by code."""

from __future__ import annotations

from typing import NamedTuple

from gan.config import LossName, OptimizerName


class LossCode(NamedTuple):
    """Both losses of `real` and `fake`, D's scores, as code and as they are written."""

    d: str
    d_told: str
    g: str
    g_told: str
    paired: bool = False  # g uses the real scores
    gradient_penalty: bool = False


CROSS_ENTROPY = (
    "F.softplus(-real).mean() + F.softplus(fake).mean()",
    "-E log D(x) - E log(1 - D(G(z)))",
)
HIGH = ("-fake.mean()", "-E D(G(z))")

LOSSES: dict[LossName, LossCode] = {
    "minimax": LossCode(*CROSS_ENTROPY, "-F.softplus(fake).mean()", "E log(1 - D(G(z)))"),
    "nonsaturating": LossCode(*CROSS_ENTROPY, "F.softplus(-fake).mean()", "-E log D(G(z))"),
    "least-squares": LossCode(
        "0.5 * ((real - 1).square().mean() + fake.square().mean())",
        "real to 1, fake to 0",
        "0.5 * (fake - 1).square().mean()",
        "fake to 1",
    ),
    "hinge": LossCode(
        "F.relu(1 - real).mean() + F.relu(1 + fake).mean()", "real above 1, fake below -1", *HIGH
    ),
    "wasserstein-gp": LossCode(
        "fake.mean() - real.mean()", "E D(G(z)) - E D(x)", *HIGH, gradient_penalty=True
    ),
    "relativistic": LossCode(
        "F.softplus(fake - real).mean()",
        "real above fake, pair by pair",
        "F.softplus(real - fake).mean()",
        "fake above real, pair by pair",
        paired=True,
    ),
}

OPTIMIZERS: dict[OptimizerName, str] = {
    "adam": "torch.optim.Adam(%s, lr=%s, betas=(BETA1, BETA2), fused=True)",
    "adamw": "torch.optim.AdamW(%s, lr=%s, betas=(BETA1, BETA2), fused=True)",
    "sgd": "torch.optim.SGD(%s, lr=%s, momentum=BETA1, fused=True)",
    "rmsprop": "torch.optim.RMSprop(%s, lr=%s, alpha=BETA2, foreach=True)",
    "muon": "Muon(%s, lr=%s, betas=(BETA1, BETA2), fused=True)",
}


class Drawn(NamedTuple):
    """A set of gan.data.plane as code that makes its `centres` (M, 2)."""

    summary: str
    code: str
    sigma: str


DRAWN: dict[str, Drawn] = {
    "ring": Drawn(
        "eight Gaussians on a circle",
        "angle = torch.arange(8) * (2 * math.pi / 8)\n"
        "centres = 0.8 * torch.stack([angle.cos(), angle.sin()], 1)",
        "0.008",
    ),
    "grid": Drawn(
        "25 Gaussians, five by five",
        "line = torch.linspace(-0.8, 0.8, 5)\ncentres = torch.cartesian_prod(line, line)",
        "0.01",
    ),
    "moons": Drawn(
        "two half circles that interlock",
        "angle = torch.linspace(0, math.pi, 512)\n"
        "upper = torch.stack([angle.cos(), angle.sin()], 1)\n"
        "lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], 1)\n"
        "centres = (torch.cat([upper, lower]) - torch.tensor([0.5, 0.25])) * (0.8 / 1.5)",
        "0.02",
    ),
    "line": Drawn(
        "a line",
        "t = torch.linspace(-0.8, 0.8, 1024)\ncentres = torch.stack([t, t / 2], 1)",
        "0.02",
    ),
    "spiral": Drawn(
        "a spiral, evenly along its arc",
        "turn = torch.linspace(0.1, 1, 64 * 1024) * (2 * math.pi * 1.75)\n"
        "curve = torch.stack([turn * turn.cos(), turn * turn.sin()], 1) * (0.8 / turn[-1])\n"
        "length = torch.cat([torch.zeros(1), curve.diff(dim=0).norm(dim=1).cumsum(0)])\n"
        "wanted = torch.linspace(0, float(length[-1]), 1024)\n"
        "centres = curve[torch.searchsorted(length, wanted).clamp_max(len(curve) - 1)]",
        "0.02",
    ),
}  # fmt: skip
