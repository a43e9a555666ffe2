# One image for every role:
#   docker run heavylift                      all of it, under supervisord (the default)
#   docker run heavylift web                  the web process alone
#   docker run heavylift worker images        one worker alone, of any kind of job

FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# Without the development dependencies: the image brings its own node, tests and lint stay outside. TypeScript comes as a peer
# that a library never loads, 30 MB; types, source maps and readmes are for editors and people.
RUN npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/typescript node_modules/@typescript node_modules/.bin/tsc \
  && find node_modules -type f '(' -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \
    -o -iname 'readme*.md' -o -iname 'changelog*.md' -o -iname 'history.md' ')' -delete

FROM node:24-bookworm-slim
# libheif-examples: its converter reads HEIC faster than WebAssembly does. jemalloc: the image workers' memory comes down again
# after a large job. The daemons that the packages would start do not start during a build, and supervisord starts its own
# Redis.
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libheif-examples libjemalloc2 redis-server \
    supervisor \
  && apt-get clean && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node -m 700 /data
WORKDIR /app
COPY --from=modules /app/node_modules ./node_modules
COPY . .

ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data LOG_TO=stdout
# Found by its name in the library path, which differs between amd64 and arm64.
ENV LD_PRELOAD=libjemalloc.so.2
# Memory that is free goes back to the system after a second, by a thread of jemalloc's own.
ENV MALLOC_CONF=background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0
# `docker stop` kills after 10 s unless told otherwise, and what a worker has not finished by then runs again after the next
# start. Where more time is given (docker stop --timeout 40, stop_grace_period), set this to 10 s less. Uploads under way, which
# are rare, may take as long before the workers are told to stop.
ENV DRAIN_SECONDS=6

USER node
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["bin/docker-healthcheck"]
ENTRYPOINT ["bin/docker-entrypoint"]
CMD ["all"]
