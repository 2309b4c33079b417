# An image that has capaboot and nothing else: no shell, no package manager, not
# root. What capaboot reads is mounted, what it needs of AWS is in variables:
#
#   docker run --rm -v "$PWD:/work:ro" -w /work IMAGE policy review iam.yaml
FROM golang:1.26 AS build
WORKDIR /source
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown COMMIT=unknown DATE=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags urfave_cli_no_docs \
    -ldflags "-s -w -buildid= -X main.version=$VERSION -X main.commit=$COMMIT -X main.date=$DATE" \
    -o /capaboot .

FROM scratch
# The certificate authorities that AWS's certificates are checked with.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /capaboot /capaboot
COPY LICENSE NOTICE /
# A user that no image and no host has.
USER 65532:65532
ENTRYPOINT ["/capaboot"]
