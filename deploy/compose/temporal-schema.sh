#!/bin/sh
# Temporal's tables, made or brought up to the version of these tools. The databases are there: ../postgres/logins.sql.
set -eu
SQL_PASSWORD=$(cat /run/secrets/postgres_temporal)
export SQL_PASSWORD
for database in temporal temporal_visibility; do
    case $database in
    temporal) versioned=temporal ;;
    *) versioned=visibility ;;
    esac
    tool="temporal-sql-tool --plugin $SQL_PLUGIN --ep $SQL_HOST -p $SQL_PORT -u $SQL_USER --db $database"
    # Fails where it was done before, and says so.
    $tool setup-schema -v 0.0 || true
    $tool update-schema -d "/etc/temporal/schema/postgresql/v12/$versioned/versioned"
done
