wsgi_app = "keystone.wsgi.api:application"
workers = 1
threads = 4
control_socket_disable = True
