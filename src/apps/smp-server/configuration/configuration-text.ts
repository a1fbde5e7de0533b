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
# What everybody is told about this server. Only the source code is a duty: under the AGPL those who use a server that
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
  return `# After a change: systemctl reload, or the signal SIGHUP. What needs a restart says so in the log.

${informationText(options.information)}

[STORE_LOG]
# With enable = off queues and messages are lost when the server stops.
enable = ${onOff(options.persistent)}
# Messages that nobody fetches are deleted after so many days, at least 1; so are notifications that nobody was told after so
# many hours. With fewer days than before, messages that are older go within two hours.
expire_messages_days = ${DEFAULT_MESSAGE_DAYS}
expire_messages_on_start = on
# expire_ntfs_hours = ${DEFAULT_NOTIFICATION_HOURS}
# A line a day about what the server did, in smp-server-stats.daily.log in the data folder.
log_stats = ${onOff(options.dailyStatistics)}
# Writes the metrics to smp-server-metrics.txt in the data folder so often, in seconds, at least 1; without it never.
# prometheus_interval = 60

[AUTH]
# off: nobody can create queues any more; those that exist go on working.
new_queues = on
# Whoever creates queues has to know it: it is part of the address you give to your users, and to nobody else.
# Printable ASCII without spaces, '@', ':' and '/'.
${setting('create_password', options.password, 'a-password')}
# Queues that "sotto smp-server control block" may block in a day, until 0:00 UTC; 0 is any number, -1 is none.
# daily_block_queue_quota = 20

[TRANSPORT]
# Only for the address that is printed; several names are separated by commas.
host = ${options.host}
# One port, or several separated by commas; the first is in the address. 0 is any free port, another one at each start.
port = ${options.ports.join(',')}
# Addresses of this machine to listen on, separated by commas; without it all of them.
# listen = 192.0.2.1, 2001:db8::1
# Processes that share the connections, for machines with many processors: auto, off, or a number.
# workers = auto

[INACTIVE_CLIENTS]
# Closes connections that neither wait for messages nor send any for ttl seconds; looks for them so often, in seconds. Both at
# least 1; to close none, disconnect = off.
disconnect = on
ttl = ${DEFAULT_IDLE_SECONDS}
check_interval = ${DEFAULT_IDLE_CHECK_SECONDS}

[WEB]
# Pages for browsers: about the server, and for links that lead through it. With certificate and key (PEM) of a
# certificate authority they are served on this port, which may be one of those above: browsers get pages, apps get
# messages. Certificates are read again with the configuration.
${setting('https', options.web && '443', '443')}
${setting('cert', options.web?.certificatePath, '/etc/letsencrypt/live/smp.example.com/fullchain.pem')}
${setting('key', options.web?.keyPath, '/etc/letsencrypt/live/smp.example.com/privkey.pem')}
# A port without TLS, on this machine only, for an onion service; 0 is any free port. Without the setting there is none.
# http = 8000

[METRICS]
# GET /metrics (for Prometheus) and GET /health on this port, for this machine only unless host is another address.
# They tell how much the server does, and nothing about anybody; there is no password. Without port there are none; 0 is any
# free port, which the log tells.
# host = 127.0.0.1
# port = ${EXAMPLE_METRICS_PORT}

${forwardingText(options.forwarding)}
${limitsText}`;
}
