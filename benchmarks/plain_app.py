"""What `benchmarks.latency` compares with: gr.Sliders, a gr.Image, all defaults.

Started by it: `python -m benchmarks.plain_app WEIGHTS SLIDERS PORT`.
"""

from __future__ import annotations

import sys

import gradio as gr
import numpy as np
import torch

from gan.checkpoint import load
from gan.images import to_pixels
from gan.sampling import latents, render


def main() -> None:
    weights, count, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    g = load(weights).generator

    def draw(*values: float) -> np.ndarray:
        picture = to_pixels(render(g, torch.tensor([values])))[0].squeeze()
        # random weights hardly follow z, and a picture that stays the same is not sent again
        picture[0, :8] = np.frombuffer(np.float64(sum(values)).tobytes(), np.uint8)
        return picture

    with gr.Blocks(analytics_enabled=False) as app:
        picture = gr.Image(label="picture")
        first = latents(g.z_dim, [42])[0].tolist()
        sliders = [gr.Slider(-3, 3, value=v, label=f"z{i}") for i, v in enumerate(first[:count])]
        for slider in sliders:
            slider.change(draw, sliders, picture)
        app.load(draw, sliders, picture)
    app.launch(server_name="127.0.0.1", server_port=port, quiet=True)


if __name__ == "__main__":
    main()
