# The app for whoever hosts it, in the shape of a free Space: CPU only, no root, nothing written but /data and
# /tmp. See "In a container" in README.md; tests/test_container.py holds what is said here.
#
#   docker build -t gan-atelier .
#   docker run --init --read-only --tmpfs /tmp --mount source=gan,target=/data --cap-drop ALL \
#     --security-opt no-new-privileges --memory 16g --cpus 2 --stop-timeout 30 -p 7860:7860 gan-atelier
FROM python:3.11-slim-bookworm

WORKDIR /app
# its own layer: it changes with the requirements only. torch for the CPU is from PyTorch's own index, whose
# address is in gan/hub/stage.py; all others are checked by their hashes, less what only CUDA needs.
COPY requirements.txt requirements.lock gan/hub/stage.py /tmp/install/
RUN python -m pip install --no-cache-dir --no-deps \
      --index-url "$(sed -n 's/^CPU_WHEELS = "\([^"]*\)".*/\1/p' /tmp/install/stage.py)" \
      "$(grep '^torch==' /tmp/install/requirements.txt)" \
 && awk '/^[A-Za-z]/ { left = /^(nvidia|cuda|triton)/ } !left' /tmp/install/requirements.lock > /tmp/install/cpu.lock \
 && python -m pip install --no-cache-dir --require-hashes -r /tmp/install/cpu.lock \
 && rm -rf /tmp/install

COPY LICENSE README.md app.py ./
COPY gan gan
COPY weights weights

# owned by root: the server cannot change its own code. A named volume takes over the owner of /data.
RUN python -m compileall -q gan && mkdir /data && chown 1000:1000 /data
USER 1000:1000
VOLUME /data
# there is no home folder: what libraries would keep there is lost with /tmp, what matters is in /data
ENV HOME=/tmp \
    GAN_DATA_DIR=/data \
    GAN_CACHE_DIR=/data/cache \
    HF_HOME=/data/huggingface \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    PYTHONDONTWRITEBYTECODE=1
EXPOSE 7860
# not urllib: it would send this to a proxy, where the environment names one
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
  CMD ["python", "-c", "import http.client as h, os, sys; c = h.HTTPConnection('127.0.0.1', int(os.environ['GRADIO_SERVER_PORT']), timeout=8); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
# SIGTERM: trainings save a checkpoint and stop, for which they have ten seconds
STOPSIGNAL SIGTERM
CMD ["python", "app.py"]
