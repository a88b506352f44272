#!/bin/sh
# Makes what is secret, once, in the folder `secrets` beside this file; what is there already stays as it is.
# Keys are made by Remit itself: in its image, or by the program that REMIT names.
#
# The folder is closed to other users of this machine. The files in it are not: each is mounted into containers by
# itself, and read there by users who own nothing here.
set -eu
cd "${1:-$(dirname "$0")}"
umask 077
mkdir -p secrets
cd secrets
REMIT=${REMIT:-docker run --rm --user $(id -u):$(id -g) --volume $PWD:/secrets --workdir /secrets ${REMIT_IMAGE:-remit:0.2.0}}
HOST=${POSTGRES_HOST:-postgres:5432}

random() { openssl rand -hex 24; }
once() { # NAME CONTENT
    [ -e "$1" ] || printf '%s\n' "$2" >"$1"
}

for login in superuser remit_migrator remit temporal; do
    once "postgres_$login" "$(random)"
done
once remit_migrator_database_url "postgresql://remit_migrator:$(cat postgres_remit_migrator)@$HOST/remit"
once remit_database_url "postgresql://remit:$(cat postgres_remit)@$HOST/remit"
once grafana_admin "$(random)"
once session.key "$(openssl rand -base64 32)"
# Of servers elsewhere; to be filled in, where there are any.
once remit_smtp_password ""
once remit_oidc_client_secret ""
[ -e identity.keys ] || $REMIT keys make identity.keys
[ -e audit.key ] || $REMIT audit key audit.key --name "${AUDIT_NAME:-remit/log}"
chmod 444 ./*
