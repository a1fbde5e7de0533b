/**
 * All settings of `smp-server.ini`: those used here, and those of the reference that have no effect here, with the
 * reason.
 */
import { informationSettings, type KnownSettings, unused, used } from '../../../hosting/index.ts';

const noDatabase = unused(
  'there is no database server, queues and messages are in the data folder',
  'db_connection',
  'db_schema',
  'db_pool_size',
  'db_store_log',
  'db_deleted_ttl',
);

const inDataFolder = 'queues and messages are kept in the data folder, unless enable = off';

const noControlPort = 'the server is controlled through control.sock in its data folder, by its own user';

export const knownSettings: KnownSettings = {
  INFORMATION: informationSettings,
  STORE_LOG: {
    ...used('enable', 'expire_messages_days', 'expire_messages_on_start', 'expire_messages_on_send'),
    ...used('expire_ntfs_hours', 'log_stats', 'prometheus_interval'),
    ...noDatabase,
    store_queues: { because: inDataFolder, unless: ['memory'] },
    store_messages: { because: inDataFolder, unless: ['memory', 'journal'] },
    restore_messages: { because: inDataFolder, unless: ['on'] },
  },
  AUTH: {
    ...used('new_queues', 'create_password', 'daily_block_queue_quota'),
    ...unused(noControlPort, 'control_port_admin_password', 'control_port_user_password'),
  },
  TRANSPORT: {
    ...used('host', 'port', 'listen', 'workers'),
    log_tls_errors: { because: 'failed TLS handshakes are not logged', unless: ['off'] },
    websockets: { because: 'there are no WebSockets', unless: ['off'] },
    accept_service_credentials: { because: 'services are always accepted', unless: ['on'] },
    ...unused(noControlPort, 'control_port'),
  },
  PROXY: {
    ...used('enable', 'host_mode', 'required_host_mode', 'own_server_domains'),
    ...used('socks_proxy', 'socks_mode', 'client_concurrency', 'allow_private_relays'),
  },
  INACTIVE_CLIENTS: used('disconnect', 'ttl', 'check_interval'),
  WEB: { ...used('http', 'https', 'cert', 'key'), ...unused('pages are made in memory', 'static_path') },
  METRICS: used('host', 'port'),
  LIMITS: used('connections', 'connections_per_address', 'waiting_megabytes', 'subscriptions', 'relays'),
};
