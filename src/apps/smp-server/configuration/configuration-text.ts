/** The text of a new `smp-server.ini`. Unset settings are written as comments that explain them. */
import type { Entity, Information, ServerContact } from '../../../hosting/index.ts';
import { forwardingText, type NewForwarding } from '../forwarding.ts';
import {
  DEFAULT_IDLE_CHECK_SECONDS,
  DEFAULT_IDLE_SECONDS,
  DEFAULT_MESSAGE_DAYS,
  DEFAULT_NOTIFICATION_HOURS,
} from './configuration.ts';
import { limitsText } from './limits.ts';

const EXAMPLE_METRICS_PORT = 5226;

export interface NewConfiguration {
  readonly host: string;
  readonly password: string | undefined;
  readonly persistent: boolean;
  readonly dailyStatistics: boolean;
  /** The first one is part of the address. */
  readonly ports: readonly number[];
  readonly information: Information;
  readonly forwarding: NewForwarding;
  /** Files of the certificate for browsers. */
  readonly web: { readonly certificatePath: string; readonly keyPath: string } | undefined;
}

/** A setting; without a value, a comment with an example. */
function setting(key: string, value: string | undefined, example = ''): string {
  return value === undefined ? `# ${key} = ${example}`.trimEnd() : `${key} = ${value}`;
}

const onOff = (value: boolean) => (value ? 'on' : 'off');

function entityLines(key: string, entity: Entity | undefined): string[] {
  return [setting(key, entity?.name, 'person or organisation'), setting(`${key}_country`, entity?.country, 'NL')];
}

function contactLines(who: string, contact: ServerContact | undefined): string[] {
  return [
    setting(`${who}_simplex`, contact?.simplex, 'address in the network'),
    setting(`${who}_email`, contact?.email),
    setting(`${who}_pgp`, contact?.pgp?.uri, 'where the key is'),
    setting(`${who}_pgp_fingerprint`, contact?.pgp?.fingerprint),
  ];
}

function informationText(information: Information): string {
  const { conditions } = information;
  return `[INFORMATION]
# Public information about this server. Only source_code is mandatory: under the AGPL, users of a server that
# was changed must be able to get its source.
${setting('source_code', information.sourceCode, 'https://')}
${setting('usage_conditions', conditions?.uri, 'https://')}
${setting('condition_amendments', conditions?.amendments, 'https://')}
# Countries are codes of two letters (ISO 3166).
${setting('server_country', information.serverCountry, 'NL')}
${entityLines('operator', information.operator).join('\n')}
${setting('website', information.website, 'https://')}
${contactLines('admin', information.admin).join('\n')}
${contactLines('complaints', information.complaints).join('\n')}
${entityLines('hosting', information.hosting).join('\n')}
# virtual, dedicated, colocation or owned
${setting('hosting_type', information.hostingType, 'virtual')}`;
}

export function configurationText(options: NewConfiguration): string {
  return `# After a change: systemctl reload, or the signal SIGHUP. The log says which changes need a restart.

${informationText(options.information)}

[STORE_LOG]
# With enable = off queues and messages are lost when the server stops.
enable = ${onOff(options.persistent)}
# Days after which undelivered messages are deleted, at least 1; undelivered notifications: after this many hours. When the
# number of days is lowered, older messages are deleted within two hours.
expire_messages_days = ${DEFAULT_MESSAGE_DAYS}
expire_messages_on_start = on
# expire_ntfs_hours = ${DEFAULT_NOTIFICATION_HOURS}
# Daily statistics, in smp-server-stats.daily.log in the data folder.
log_stats = ${onOff(options.dailyStatistics)}
# Interval in seconds, at least 1, between writes of smp-server-metrics.txt in the data folder; unset: never.
# prometheus_interval = 60

[AUTH]
# off: no new queues can be created; existing ones keep working.
new_queues = on
# Required to create queues: it is part of the address that you give only to your users.
# Printable ASCII without spaces, '@', ':' and '/'.
${setting('create_password', options.password, 'a-password')}
# Queues that "sotto smp-server control block" may block per day (UTC); 0: no limit, -1: none.
# daily_block_queue_quota = 20

[TRANSPORT]
# Only used in the printed address; separate several names by commas.
host = ${options.host}
# One or more ports, separated by commas; the first is in the address. 0: any free port, a different one at each start.
port = ${options.ports.join(',')}
# Addresses of this machine to listen on, separated by commas; unset: all.
# listen = 192.0.2.1, 2001:db8::1
# Processes that share the connections, for machines with many processors: auto, off, or a number.
# workers = auto

[INACTIVE_CLIENTS]
# Closes connections without subscriptions that have been idle for ttl seconds; scans for them every check_interval seconds.
# Both at least 1; disconnect = off closes none.
disconnect = on
ttl = ${DEFAULT_IDLE_SECONDS}
check_interval = ${DEFAULT_IDLE_CHECK_SECONDS}

[WEB]
# Pages for browsers: information about the server, and pages for links through it. With a certificate and key (PEM) of a
# certificate authority they are served on this port, which may be one of those above: browsers get pages, apps get
# messages. Certificates are reloaded with the configuration.
${setting('https', options.web && '443', '443')}
${setting('cert', options.web?.certificatePath, '/etc/letsencrypt/live/smp.example.com/fullchain.pem')}
${setting('key', options.web?.keyPath, '/etc/letsencrypt/live/smp.example.com/privkey.pem')}
# A port without TLS, on this machine only, for an onion service; 0: any free port; unset: none.
# http = 8000

[METRICS]
# GET /metrics (for Prometheus) and GET /health on this port, reachable only from this machine unless host is set. They
# contain counters, nothing about users; there is no password. port unset: none; 0: any free port, which is logged.
# host = 127.0.0.1
# port = ${EXAMPLE_METRICS_PORT}

${forwardingText(options.forwarding)}
${limitsText}`;
}
