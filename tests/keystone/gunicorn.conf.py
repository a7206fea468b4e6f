wsgi_app = "keystone.wsgi.api:application"
# One request at a time: SQLite answers two that write with "database is locked", which Keystone makes a 500 of.
workers = 1
worker_class = "gthread" # a plain worker waits for whoever connects and says nothing
threads = 1
control_socket_disable = True
# Clients keep their connections; a server that is told to stop does not wait for them.
graceful_timeout = 1
