# An image with only capaboot: no shell, no package manager, not root. Mount the
# files that capaboot reads, and pass AWS settings in environment variables:
#
#   docker run --rm -v "$PWD:/work:ro" -w /work IMAGE policy review iam.yaml
FROM golang:1.26 AS build
WORKDIR /source
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown COMMIT=unknown DATE=unknown
RUN BUILDINFO=$(go list -m)/internal/buildinfo && \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags urfave_cli_no_docs \
    -ldflags "-s -w -buildid= -X $BUILDINFO.version=$VERSION -X $BUILDINFO.commit=$COMMIT -X $BUILDINFO.date=$DATE" \
    -o /capaboot .

FROM scratch
# The CA certificates, to verify the certificates of AWS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /capaboot /capaboot
COPY LICENSE NOTICE /
# Not root: 65532 is the user ID of "nonroot" in distroless images.
USER 65532:65532
ENTRYPOINT ["/capaboot"]
