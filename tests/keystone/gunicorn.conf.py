wsgi_app = "keystone.wsgi.api:application"
workers = 1
threads = 4
control_socket_disable = True
# Clients keep their connections; a server that is told to stop does not wait for them.
graceful_timeout = 1
