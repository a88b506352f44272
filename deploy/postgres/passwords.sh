#!/bin/sh
# Passwords of the logins that logins.sql made, from files. The image of PostgreSQL runs both in the order of their
# names, when its volume is new.
set -eu
folder=${SECRETS:-/run/secrets}
for login in remit_migrator remit temporal; do
    psql --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
        --set login="$login" --set password="$(cat "$folder/postgres_$login")" <<'SQL'
alter role :"login" password :'password';
SQL
done
