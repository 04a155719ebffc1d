# Two stages: one builds with every tool, the other holds what runs: the server with its page, without the repository's
# tools. Debian 13: the uWebSockets.js binaries for Node 22 and 24 need glibc 2.38 or later; never Alpine (musl).
ARG NODE_IMAGE=node:24.20.0-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/client/package.json packages/client/
COPY packages/web/package.json packages/web/
RUN npm ci --workspace=packages/client --workspace=packages/web --include-workspace-root --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY packages ./packages
COPY scripts/supply-chain ./scripts/supply-chain
# uWebSockets.js brings binaries for every platform and Node version, a quarter of a gigabyte; one of them is used. The
# only other package with native parts is the SQLite driver; those of EventStoreDB and MongoDB are JavaScript.
RUN npm run build:server \
  && rm dist/.tsbuildinfo \
  && node scripts/supply-chain/notices.mjs THIRD_PARTY_NOTICES \
  && npm sbom --sbom-format=cyclonedx --omit=dev --workspaces=false >sbom.cdx.json \
  && npm prune --omit=dev --workspaces=false --no-audit --no-fund \
  && find node_modules/uWebSockets.js -name 'uws_*.node' \
    ! -name "uws_linux_*_$(node -p process.versions.modules).node" -delete

FROM ${NODE_IMAGE}
# DATA_DIR matters with the embedded stores only: a process that has both elsewhere keeps nothing.
# On 0.0.0.0 it starts only where AUTH says who users are, or INSECURE=1 that nobody need know.
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /app
COPY package.json LICENSE ./
# What it is made of: the licences of others with their texts, and a list for scanners (CycloneDX).
COPY --from=build /app/THIRD_PARTY_NOTICES /app/sbom.cdx.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
RUN mkdir -m 0700 /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 9092 9093
# Red until the read model has caught up with the log, which after a restore or an upgrade may take a while.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.HTTP_PORT || 9092) + '/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Room for what is in flight under load: a tenth less processor time a message (docs/decisions/0004-threads.md).
CMD ["node", "--max-semi-space-size=32", "dist/cli/main.js", "start"]
