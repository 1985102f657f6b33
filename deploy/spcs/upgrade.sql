-- Another image or specification under the same address, and more or fewer instances. Untested in an account.
-- Never DROP and CREATE: a new service has a new address.
ALTER SERVICE gridtwin_server FROM @specifications SPECIFICATION_FILE = 'server.yaml';
ALTER SERVICE gridtwin_live FROM @specifications SPECIFICATION_FILE = 'live.yaml';
ALTER SERVICE gridtwin_server SET MIN_INSTANCES = 1 MAX_INSTANCES = 2;
ALTER SERVICE gridtwin_live SET MIN_INSTANCES = 1 MAX_INSTANCES = 1;
