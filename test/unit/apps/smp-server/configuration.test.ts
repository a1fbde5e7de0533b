/** `smp-server.ini`: what is written and what is read, of this server and of the reference's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../../../src/apps/smp-server/configuration/configuration.ts';
import { configurationText } from '../../../../src/apps/smp-server/configuration/configuration-text.ts';
import { openedToAll, settingsOf, waitingForRestart } from '../../../../src/apps/smp-server/configuration/reload.ts';
import { noInformation } from '../../../../src/hosting/index.ts';

const noForwarding = { socksProxy: undefined, ownDomains: undefined };
const folder = mkdtempSync(join(tmpdir(), 'smp-configuration-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string) {
  writeFileSync(join(folder, 'smp-server.ini'), text);
  return readConfiguration(folder);
}

/** As the reference's `init` leaves it, with its settings changed as operators do. */
const ofReference = `[INFORMATION]
# AGPLv3 ...
source_code: https://example.com/simplexmq
operator = An organisation of friends
hosting_type = virtual

[STORE_LOG]
enable = on
store_queues = memory
# db_connection = postgresql://smp@/smp_server_store
db_schema = smp_server
store_messages = journal
restore_messages = on
expire_messages_days = 14
expire_messages_on_start = on
expire_messages_on_send = off
expire_ntfs_hours = 24
log_stats = off

[AUTH]
new_queues = off
create_password: pass!word
# daily_block_queue_quota = 20

[TRANSPORT]
host = smp.example.com,abc.onion
port = 5223,443
log_tls_errors = off
websockets = off
# control_port = 5224

[PROXY]
socks_proxy = localhost:9050
# socks_mode = onion
host_mode = onion
own_server_domains = example.com example.org
# client_concurrency = 32

[INACTIVE_CLIENTS]
disconnect = on
ttl = 43200
check_interval = 1800

[WEB]
static_path = /var/opt/simplex/www
`;

describe('numbers', () => {
  /** What a number may be at least; 0 has a meaning that the file tells only where it is said here. */
  const numbers: readonly (readonly [section: string, key: string, least: number])[] = [
    ['STORE_LOG', 'expire_messages_days', 1],
    ['STORE_LOG', 'expire_ntfs_hours', 1],
    ['STORE_LOG', 'prometheus_interval', 1],
    ['AUTH', 'daily_block_queue_quota', -1],
    ['TRANSPORT', 'port', 0],
    ['TRANSPORT', 'workers', 1],
    ['PROXY', 'client_concurrency', 1],
    ['INACTIVE_CLIENTS', 'ttl', 1],
    ['INACTIVE_CLIENTS', 'check_interval', 1],
    ['WEB', 'http', 0],
    ['WEB', 'https', 1],
    ['METRICS', 'port', 0],
    ['LIMITS', 'connections', 1],
    ['LIMITS', 'connections_per_address', 0],
    ['LIMITS', 'waiting_megabytes', 1],
    ['LIMITS', 'subscriptions', 1],
    ['LIMITS', 'relays', 1],
  ];
  for (const [section, key, least] of numbers) {
    it(`${key} of [${section}] is at least ${least}, and refused below`, () => {
      expect(() => read(`[${section}]\n${key} = ${least}\n`)).not.toThrow();
      for (const value of [least - 1, -1_000, 'none', '1.5', '1e3', '99999999999']) {
        expect(() => read(`[${section}]\n${key} = ${value}\n`), `${value}`).toThrow(`line 2: "${key}" of [${section}]`);
      }
    });
  }
});

describe('the configuration', () => {
  it('of the reference works as it is', () => {
    const configuration = read(ofReference);
    expect(configuration).toMatchObject({
      host: 'smp.example.com,abc.onion',
      ports: [5223, 443],
      newQueues: false,
      password: 'pass!word',
      persistent: true,
      messageDays: 14,
      idle: { seconds: 43_200, checkSeconds: 1_800 },
      forwarding: {
        enabled: true,
        routing: {
          hostMode: 'onion',
          requiredHostMode: false,
          socksProxy: { host: 'localhost', port: 9050, auth: { kind: 'isolate' } },
          socksMode: 'onion',
        },
        ownDomains: ['example.com', 'example.org'],
        clientConcurrency: 32,
      },
      information: { operator: { name: 'An organisation of friends' }, hostingType: 'virtual' },
    });
    const about = configuration.remarks.join('\n');
    expect(about).toContain('"db_schema" has no effect here: there is no database server');
    expect(about).toContain('"static_path" has no effect here');
    expect(about).not.toContain('has no setting');
    expect(about).not.toContain('no section');
  });

  it('that is new says the same when it is read, and nothing in it is ignored', () => {
    const information = {
      ...noInformation,
      sourceCode: 'https://example.com/source',
      operator: { name: 'Ada', country: 'GB' },
      hosting: { name: 'Host', country: undefined },
      hostingType: 'owned',
      serverCountry: 'SE',
    } as const;
    const configuration = read(
      configurationText({
        host: 'smp.example.com',
        password: 'secret',
        persistent: false,
        dailyStatistics: true,
        web: undefined,
        forwarding: noForwarding,
        ports: [443, 5223],
        information,
      }),
    );
    expect(configuration).toMatchObject({
      host: 'smp.example.com',
      password: 'secret',
      persistent: false,
      dailyStatistics: true,
      web: { httpPort: undefined, https: undefined },
      ports: [443, 5223],
      newQueues: true,
      expireOnStart: true,
      idle: { seconds: 21_600, checkSeconds: 3_600 },
      remarks: [],
    });
    expect(configuration.information).toEqual(information);
    const plain = read(
      configurationText({
        host: 'h',
        password: undefined,
        persistent: true,
        dailyStatistics: true,
        web: undefined,
        forwarding: noForwarding,
        ports: [5223],
        information: noInformation,
      }),
    );
    expect(plain).toMatchObject({
      password: undefined,
      persistent: true,
      ports: [5223],
      information: noInformation,
      remarks: [],
    });
  });

  it('keeps idle connections when it is told to', () => {
    const configuration = read('[INACTIVE_CLIENTS]\ndisconnect = off\n');
    expect(settingsOf(configuration)).toMatchObject({ disconnectIdle: false, messageTtlSeconds: 21 * 86_400 });
  });

  it('refuses what cannot be a way to other servers', () => {
    const refused = (settings: string) => expect(() => read(`[PROXY]\n${settings}\n`), settings);
    refused('socks_proxy = socks5://tor').toThrow(/"socks_proxy" of \[PROXY\] has not the form address:port/);
    refused('host_mode = private').toThrow(/"host_mode"/);
    refused('socks_mode = never').toThrow(/"socks_mode"/);
    refused('client_concurrency = 0').toThrow(/"client_concurrency"/);
    expect(read('[PROXY]\nenable = off\n').forwarding.enabled).toBe(false);
  });

  it('tells which changes wait for a restart', () => {
    const before = read('[TRANSPORT]\nport = 5223\n');
    expect(waitingForRestart(before, read('[TRANSPORT]\nport = 5223\n[AUTH]\nnew_queues = off\n'))).toEqual([]);
    expect(waitingForRestart(before, read('[TRANSPORT]\nport = 5223\n[PROXY]\nhost_mode = onion\n'))).toEqual([
      '[PROXY] has changed: restart the server to apply it',
    ]);
    expect(waitingForRestart(before, read('[TRANSPORT]\nport = 443\n[STORE_LOG]\nenable = off\n'))).toEqual([
      '"port" of [TRANSPORT] has changed: restart the server to apply it',
      '"enable" of [STORE_LOG] has changed: restart the server to apply it',
    ]);
  });

  it('tells when everybody can create queues because the password is empty', () => {
    const said = (text: string) => read(text).remarks.join('\n');
    expect(said('[AUTH]\ncreate_password =\n')).toMatch(
      /^line 2 of .*: "create_password" is empty: everybody can create queues$/,
    );
    expect(said('[AUTH]\ncreate_password = secret\n')).toBe('');
    expect(said('[AUTH]\nnew_queues = on\n# create_password = secret\n')).toBe('');
  });

  it('tells when pages are not served because a part of what they need is missing', () => {
    const said = (settings: string) => read(`[WEB]\n${settings}\n`).remarks.join('\n');
    expect(said('https = 443')).toContain('line 2 of');
    expect(said('https = 443')).toContain('"https" has no effect without "cert" and "key"');
    const without = said('cert = /web.crt\nkey = /web.key');
    expect(without).toContain('"cert" has no effect without "https"');
    expect(without).toContain('"key" has no effect without "https"');
    expect(said('https = 443\ncert = /web.crt\nkey = /web.key')).toBe('');
    expect(said('http = 8000')).toBe('');
  });

  it('refuses a host that would not be one in the address, and takes one that nobody has named yet', () => {
    const refused = (host: string) => expect(() => read(`[TRANSPORT]\nhost = ${host}\n`), host);
    refused('smp.example.com:5223').toThrow(/"host" of \[TRANSPORT\] has a port, which is a setting of its own\.$/);
    refused('smp.example.com b').toThrow(/"host" of \[TRANSPORT\] is not a host name or address\.$/);
    expect(read('[TRANSPORT]\nhost = <hostnames>\n').host).toBe('<hostnames>');
  });

  it('is refused when no setting is in it: defaults would let everybody create queues', () => {
    for (const text of ['', '\n', '\uFEFF', '# a comment\n', '[AUTH]\n', '[AUTH]\n# create_password = secret\n']) {
      expect(() => read(text), JSON.stringify(text)).toThrow(
        new RegExp(`^The file ${join(folder, 'smp-server.ini')} is empty: it has no settings. Restore it`),
      );
    }
  });

  it('tells when a change lets everybody create queues who has the address', () => {
    const closed = ['create_password = a', 'new_queues = off', 'create_password = a\nnew_queues = off'];
    const opened = ['new_queues = on', 'create_password =', '# create_password = a\nnew_queues = on'];
    const told = (before: string, after: string) =>
      openedToAll(read(`[AUTH]\n${before}\n`), read(`[AUTH]\n${after}\n`));
    for (const before of closed) {
      for (const after of opened)
        expect(told(before, after), `${before}, ${after}`).toMatch(/^New queues need no password/);
      for (const after of closed) expect(told(before, after)).toBeUndefined();
    }
    for (const before of opened)
      for (const after of [...opened, ...closed]) expect(told(before, after)).toBeUndefined();
  });

  it('is refused without showing a password', () => {
    expect(() => read('[AUTH]\ncreate_password = my secret\n')).toThrow(
      /"create_password" of \[AUTH\] has characters that a password may not have\.$/,
    );
  });
});
