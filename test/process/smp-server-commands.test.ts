/** The commands around a running server, as programs: what they make, ask, refuse and leave behind. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/encoding/index.ts';
import { freePort } from '../harness/processes.ts';
import { never, newQueue, testClient } from '../harness/smp-client.ts';
import {
  args,
  buildSmpServer,
  finish,
  folders,
  init,
  killPrograms,
  removeFolders,
  run,
  start,
} from '../harness/smp-server-program.ts';

beforeAll(buildSmpServer);
afterEach(killPrograms);
afterAll(removeFolders);

/** Waits for something that another process does. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('init', () => {
  it('writes down what it is told about operator and host', async () => {
    const made = folders();
    const { output, code } = await finish([
      ...['init', '-y', '--fqdn', 'smp.example.com,abc.onion', '--port', '443,5223', '--no-password'],
      ...['--operator', 'Ada & friends', '--operator-country', 'gb', '--operator-website', 'https://example.com'],
      ...['--hosting', 'Host', '--hosting-country', 'SE', '--hosting-type', 'owned', '--server-country', 'FI'],
      ...['--source-code', 'https://example.com/source', '--disable-web', '--web-path', '/tmp'],
      ...['--socks-proxy', '--own-domains', 'example.com,example.org', ...args(made)],
    ]);
    expect(output).toContain('@smp.example.com,abc.onion:443');
    expect(output).toContain(`${made.config}/ca.key`);
    expect(code).toBe(0);
    const ini = readFileSync(join(made.config, 'smp-server.ini'), 'utf8');
    for (const line of [
      'operator = Ada & friends',
      'operator_country = GB',
      'website = https://example.com',
      'hosting = Host',
      'hosting_country = SE',
      'hosting_type = owned',
      'server_country = FI',
      'source_code = https://example.com/source',
      'port = 443,5223',
      'socks_proxy = 127.0.0.1:9050',
      'own_server_domains = example.com example.org',
    ]) {
      expect(ini).toContain(`\n${line}\n`);
    }
  });

  it('asks again when an answer cannot be', async () => {
    const made = folders();
    const answers = 'no host\nsmp.example.com\na b\nsecret\nftp://x\n\nAda\n';
    const { output, code } = await run(['init', ...args(made)], {}, answers).ended;
    expect(output).toContain('no host is not a host name or address.');
    expect(output).toContain('A password has printable ASCII');
    expect(output).toContain('It has to begin with https://');
    expect(output).toMatch(/Server address: smp:\/\/[^:]+:secret@smp\.example\.com$/m);
    expect(readFileSync(join(made.config, 'smp-server.ini'), 'utf8')).toContain('\noperator = Ada\n');
    expect(code).toBe(0);
  });

  it('refuses a country without its operator', async () => {
    const made = folders();
    const { output, code } = await finish(['init', '-y', '--operator-country', 'GB', ...args(made)]);
    expect(output).toContain('--operator-country is the country of --operator, which is not given.');
    expect(code).toBe(1);
    expect(existsSync(made.config)).toBe(false);
  });
});

describe('cert', () => {
  it('renews the certificate with a key from elsewhere, and a running server takes it', async () => {
    const made = await init('--no-password');
    const caKey = join(made.data, 'stick.key');
    renameSync(join(made.config, 'ca.key'), caKey);
    const server = await start(made);
    const before = readFileSync(join(made.config, 'server.crt'), 'utf8');
    const without = await finish(['cert', ...args(made)]);
    expect(without).toMatchObject({ code: 1, output: expect.stringContaining('with --ca-key <file>') });
    expect(readFileSync(join(made.config, 'server.crt'), 'utf8')).toBe(before);
    const named = await finish(['cert', '--ca-key', caKey, '--cn', 'a:1', ...args(made)]);
    expect(named).toMatchObject({ code: 1, output: 'a:1 has a port, which is a setting of its own.\n' });
    expect(readFileSync(join(made.config, 'server.crt'), 'utf8')).toBe(before);
    const renewed = await finish(['cert', '--ca-key', caKey, '-a', 'ED448', ...args(made)]);
    expect(renewed.output).toContain('Its address is the same.');
    expect(renewed.code).toBe(0);
    expect(readFileSync(join(made.config, 'server.crt'), 'utf8')).not.toBe(before);
    server.child.kill('SIGHUP');
    for (
      let line = await server.lines.next();
      !line.includes('certificates reloaded');
      line = await server.lines.next()
    );
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
    const again = await start(made);
    expect(again.address.server.keyHash).toEqual(server.address.server.keyHash);
    again.child.kill('SIGTERM');
    await again.ended;
  });
});

describe('pages for browsers', () => {
  it('are served on the port of the protocol, with a certificate that is read again', async () => {
    const web = await init('--no-password');
    const certificate = (file: string) => join(web.config, file);
    const made = folders();
    const port = await freePort();
    const { code } = await finish([
      ...['init', '-y', '--fqdn', 'smp.example.com', '--port', `${port}`, '--operator', 'Ada <3'],
      ...['--web-cert', certificate('server.crt'), '--web-key', certificate('server.key'), ...args(made)],
    ]);
    expect(code).toBe(0);
    const ini = join(made.config, 'smp-server.ini');
    const text = readFileSync(ini, 'utf8')
      .replace('https = 443', `https = ${port}`)
      .replace('# http = 8000', 'http = 0');
    writeFileSync(ini, text);
    const program = run(['start', '--host', '127.0.0.1', ...args(made)]);
    await until(() => program.output().some((line) => line.startsWith('Ready:')));
    const pages = program.output().find((line) => line.startsWith('Pages for browsers: '));
    const [, shared, plain] = /port (\d+), (\d+)\.$/.exec(pages ?? '') ?? [];
    expect(shared).toBe(`${port}`);
    const information = await (await fetch(`http://127.0.0.1:${plain}/`)).text();
    expect(information).toContain('Ada &lt;3');
    expect(information).toMatch(/<code>smp:\/\/[^:@]+@smp\.example\.com:\d+<\/code>/);
    const link = await (await fetch(`http://127.0.0.1:${plain}/a`)).text();
    expect(link).toContain('src="/link.js"');
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const options = { host: '127.0.0.1', port, servername: 'smp.example.com', rejectUnauthorized: false };
        const socket = connectTls({ ...options, ALPNProtocols: ['http/1.1'] }, () => {
          resolve(socket.getPeerX509Certificate()!.fingerprint256);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    const before = await shown();
    expect(await finish(['cert', ...args(web)])).toMatchObject({ code: 0 });
    program.child.kill('SIGHUP');
    await until(() => program.output().some((line) => line.includes('certificates reloaded')));
    expect(await shown()).not.toBe(before);
    rmSync(certificate('server.key'));
    program.child.kill('SIGHUP');
    await until(() => program.output().some((line) => line.includes('nothing was changed: The file')));
    program.child.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
    const without = run(['start', '--host', '127.0.0.1', ...args(made)]);
    await until(() => without.output().some((line) => line.startsWith('Ready:')));
    expect(without.output().join('\n')).toContain('no pages are served: The file');
    without.child.kill('SIGTERM');
    expect((await without.ended).code).toBe(0);
  });
});

describe('monitoring', () => {
  it('serves metrics where it is told to, and keeps what was counted of the day', async () => {
    const made = await init('--no-password', '--daily-stats');
    const ini = join(made.config, 'smp-server.ini');
    const text = readFileSync(ini, 'utf8');
    writeFileSync(
      ini,
      text.replace('# port = 5226', 'port = 0').replace('# prometheus_interval = 60', 'prometheus_interval = 1'),
    );
    const server = await start(made);
    const line = server.output().find((printed) => printed.startsWith('Metrics: '));
    const base = line!.replace('Metrics: ', '').replace('/metrics', '');
    expect(base).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toContain('simplex_smp_queues_created 0\n');
    // Whether the clock is kept already depends on how busy the machine is.
    expect(metrics).toMatch(/^sotto_smp_store_commit_seconds_count \d\n/m);
    expect(await (await fetch(`${base}/health`)).json()).toEqual({ status: 'ok', store: 'writing', clients: 0 });
    const once = await finish(['status', ...args(made)]);
    expect(once.output).toMatch(/^clients +0$/m);
    const snapshot = await finish(['status', '--json', ...args(made)]);
    expect(JSON.parse(snapshot.output)).toMatchObject({ healthy: true, store: 'writing', clients: 0 });
    const clients = await finish(['control', 'clients', ...args(made)]);
    expect(JSON.parse(clients.output)).toMatchObject({ clients: 0, connections: 0 });
    const unknown = ['control', 'block', 'A'.repeat(32), '--reason', 'spam', ...args(made)];
    expect(await finish(unknown)).toMatchObject({ code: 1, output: 'There is no such queue.\n' });
    const address = server
      .output()
      .find((printed) => printed.startsWith('Server address: '))!
      .replace(/.*: /, '');
    const examined = await finish(['doctor', address]);
    expect(examined.output).toContain('✓ message: created, secured, sent, received, acknowledged and deleted');
    expect(examined.code).toBe(0);
    const other = await finish(['doctor', address.replace(/:\/\/.{8}/, '://AAAAAAAA')]);
    expect(other).toMatchObject({ code: 1, output: expect.stringContaining('✗ identity') });
    const file = join(made.data, 'smp-server-metrics.txt');
    await until(() => existsSync(file));
    expect(readFileSync(file, 'utf8')).toMatch(/^simplex_smp_queues_created \d+$/m);
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
    const kept = JSON.parse(readFileSync(join(made.data, 'smp-server-stats.json'), 'utf8'));
    expect(kept.values.length).toBe(95);
    const ended = await finish(['status', ...args(made)]);
    expect(ended).toMatchObject({ code: 1, output: expect.stringContaining('No server runs') });
  });
});

describe('delete', () => {
  it('removes what is its own after it has asked, and not under a running server', async () => {
    const made = await init('--no-password');
    const refused = await run(['delete', ...args(made)], {}, 'yes\n').ended;
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('Nothing was deleted.') });
    const server = await start(made);
    const busy = await finish(['delete', '-y', ...args(made)]);
    expect(busy).toMatchObject({ code: 1, output: expect.stringContaining('Another server uses') });
    server.child.kill('SIGTERM');
    await server.ended;
    writeFileSync(join(made.config, 'notes.txt'), 'mine');
    const deleted = await run(['delete', ...args(made)], {}, 'delete\n').ended;
    expect(deleted.output).toContain(`stay in ${made.config}: notes.txt`);
    expect(deleted.code).toBe(0);
    expect(existsSync(made.data)).toBe(false);
    expect(existsSync(join(made.config, 'notes.txt'))).toBe(true);
    rmSync(join(made.config, 'notes.txt'));
    const none = await finish(['delete', '-y', ...args(made)]);
    expect(none).toMatchObject({ code: 1, output: expect.stringContaining(`There is no server in ${made.config}.`) });
  });

  it('deletes what an init left that did not come to its end', async () => {
    const made = folders();
    mkdirSync(made.config, { recursive: true });
    writeFileSync(join(made.config, 'ca.crt'), '');
    expect((await finish(['delete', '-y', ...args(made)])).code).toBe(0);
    expect(existsSync(made.config)).toBe(false);
  });
});

it('explains each command', async () => {
  const { output } = await finish(['--help']);
  const names = [...output.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name!);
  expect(names).toEqual(expect.arrayContaining(['init', 'start', 'address', 'cert', 'delete']));
  for (const { output: text, code } of await Promise.all(names.map((name) => finish([name, '--help'])))) {
    expect(text.length).toBeGreaterThan(600);
    expect(code).toBe(0);
  }
});

describe('backup and restore', () => {
  it('bring back what a running server had, under the same address', async () => {
    const made = await init('--no-password');
    const server = await start(made);
    const alice = testClient();
    const queue = await newQueue(alice.clients, server.address.server, { subscribe: false });
    const send = (text: string) =>
      alice.clients.send(server.address.server, queue.sndId, undefined, { notification: false }, utf8(text), never);
    await send('before');
    const file = join(made.data, 'backup');
    const { output, code } = await finish(['backup', file, '--with-identity', ...args(made)]);
    expect(output).toContain('In it: 1 queue, 0 links, 0 notifiers, 0 services, 1 message');
    expect(code).toBe(0);
    // The server goes on writing as before.
    await send('after');
    expect((await finish(['check', ...args(made)])).output).toContain('No errors were found.');
    await alice.clients.close();
    server.child.kill('SIGKILL');
    await server.ended;

    const other = folders();
    expect((await finish(['restore', file, ...args(other)])).code).toBe(0);
    const again = await start(other);
    expect(again.address.server.keyHash).toEqual(server.address.server.keyHash);
    const bob = testClient();
    await bob.clients.subscribe(again.address.server, queue.rcvId, queue.authKey, never);
    expect(queue.open(await bob.messages.next())).toMatchObject({ body: utf8('before') });
    await bob.clients.close();
  });

  it('explain themselves', async () => {
    for (const command of ['backup', 'restore', 'compact', 'check', 'import']) {
      expect((await finish([command, '--help'])).output).toMatch(/Examples?:\n {2}\S/);
    }
  });
});
