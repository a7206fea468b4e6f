# PostgreSQL from Debian's package, as our own process.

# postgres_start: sets POSTGRES, the URL of an empty database
postgres_start() {
  local port bin dir AS
  free_port port
  as_user postgres dir
  bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -1)
  as_started "$bin/initdb" -D "$dir" -U hearth --auth=trust --encoding=UTF8 --no-sync >"$RUN/postgres-initdb.log" 2>&1
  STOP=INT start postgres "$bin/postgres" -D "$dir" -h 127.0.0.1 -p "$port" -k '' \
    -c fsync=off -c max_connections=200 -c shared_buffers=64MB
  NAME=postgres await 60 PostgreSQL "$bin/psql" -h 127.0.0.1 -p "$port" -U hearth -d postgres -c 'CREATE DATABASE hearth'
  POSTGRES=postgres://hearth@127.0.0.1:$port/hearth
  say "PostgreSQL is up"
}
