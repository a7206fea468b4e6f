# Two MariaDB servers replicating to each other with Galera, from Debian's packages, as our own processes.

# galera_start: sets GALERA_1 and GALERA_2, the URLs of an empty database on either node
galera_start() {
  local node1 cluster1 ist1 sst1 node2 cluster2 ist2 sst2 dir AS
  free_port node1 cluster1 ist1 sst1 node2 cluster2 ist2 sst2
  as_user mysql dir # as root the state transfer between the nodes would drop to a user without rights
  cat >"$dir/galera.sql" <<'SQL'
CREATE DATABASE hearth CHARACTER SET utf8mb4;
CREATE USER hearth@'127.0.0.1' IDENTIFIED BY 'hearth';
GRANT ALL ON *.* TO hearth@'127.0.0.1';
SQL
  as_started mkdir "$dir/1" "$dir/2"
  as_started mariadb-install-db --no-defaults --datadir="$dir/1" --skip-test-db \
    --auth-root-authentication-method=normal >"$RUN/galera-install.log" 2>&1
  galera_node 1 "$node1" "$cluster1" "$ist1" "$sst1" "gcomm://" --init-file="$dir/galera.sql"
  NAME=galera1 await 60 "the first Galera node" galera_synced "$node1" 1
  galera_node 2 "$node2" "$cluster2" "$ist2" "$sst2" "gcomm://127.0.0.1:$cluster1"
  NAME=galera2 await 90 "the second Galera node" galera_synced "$node2" 2
  GALERA_1=mysql://hearth:hearth@127.0.0.1:$node1/hearth
  GALERA_2=mysql://hearth:hearth@127.0.0.1:$node2/hearth
  say "Galera: two nodes in step"
}

galera_node() { # NUMBER PORT CLUSTER_PORT IST_PORT SST_PORT CLUSTER_ADDRESS [OPTION…]; AS and dir are galera_start's
  local n=$1 port=$2 cluster=$3 ist=$4 sst=$5 address=$6; shift 6
  start "galera$n" mariadbd --no-defaults "$@" --datadir="$dir/$n" \
    --bind-address=127.0.0.1 --port="$port" --socket=s --pid-file=pid --skip-name-resolve \
    --character-set-server=utf8mb4 --max-connections=200 --innodb-buffer-pool-size=64M \
    --innodb-flush-log-at-trx-commit=0 --binlog-format=ROW --innodb-autoinc-lock-mode=2 \
    --wsrep-on=ON --wsrep-provider=/usr/lib/galera/libgalera_smm.so --wsrep-cluster-name="hearth-$$" \
    --wsrep-cluster-address="$address" --wsrep-node-name="node$n" --wsrep-node-address="127.0.0.1:$cluster" \
    --wsrep-sst-method=rsync --wsrep-sst-receive-address="127.0.0.1:$sst" \
    --wsrep-provider-options="gmcast.listen_addr=tcp://127.0.0.1:$cluster;ist.recv_addr=127.0.0.1:$ist;gcache.size=16M"
}

galera_sql() { mariadb --no-defaults -h 127.0.0.1 -P "$1" -u hearth -phearth -N -B -e "$2"; }
galera_synced() { # PORT SIZE
  [ "$(galera_sql "$1" "SHOW STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_local_state_comment')" |
    sort | cut -f2 | xargs)" = "$2 Synced" ]
}
