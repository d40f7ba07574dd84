# Builds the service and nothing else; what runs has no compiler, no shell history and no root.
FROM rust:1-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock build.rs ./
COPY src src
COPY config config
COPY migrations migrations
COPY web web
# The manifest names a test and a benchmark; they are not built.
COPY tests/main.rs tests/main.rs
COPY benches/service/main.rs benches/service/main.rs
RUN cargo build --release --locked --bin esimpool

FROM debian:bookworm-slim
# What to trust when issuers' keys are fetched.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/esimpool --create-home esimpool \
 && chmod 700 /var/lib/esimpool
COPY --from=build /build/target/release/esimpool /usr/local/bin/esimpool
USER esimpool
WORKDIR /var/lib/esimpool
ENV ESIMPOOL__DATA_DIR=/var/lib/esimpool \
    ESIMPOOL__SERVER__LISTEN=0.0.0.0:8080 \
    ESIMPOOL__LOG__FORMAT=json
VOLUME /var/lib/esimpool
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["esimpool"]
CMD ["serve"]
