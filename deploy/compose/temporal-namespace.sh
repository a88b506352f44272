#!/bin/sh
# The namespace of Remit, if it is not there. RETENTION: for how long the histories of ended workflows are kept.
set -eu
until temporal operator cluster health; do sleep 2; done
temporal operator namespace describe --namespace "$NAMESPACE" ||
    temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
