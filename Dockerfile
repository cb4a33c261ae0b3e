# syntax=docker/dockerfile:1

# docker build -t bridgehead .
# docker run --network host -v /etc/bridgehead:/etc/bridgehead:ro -v bridgehead:/var/lib/bridgehead bridgehead
#
# With any network other than the host's, addresses in Via and Record-Route are
# those of the container: set sip.advertise, or advertise on each listener.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -pgo cmd/bridgehead/load.pgo -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/bridgehead ./cmd/bridgehead \
 && mkdir -p /out/state

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/bridgehead /bridgehead
# The route key outlives the container here; 65532 is the user of this base.
COPY --from=build --chown=65532:65532 /out/state /var/lib/bridgehead
ENV STATE_DIRECTORY=/var/lib/bridgehead
VOLUME /var/lib/bridgehead
USER 65532:65532
EXPOSE 5060/udp 5060/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/bridgehead", "status", "--quiet"]
ENTRYPOINT ["/bridgehead"]
CMD ["serve", "-c", "/etc/bridgehead/bridgehead.yaml"]
