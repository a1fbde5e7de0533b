/** The `smp-server` command as a program: what it prints, what it refuses, and that stopping it loses nothing. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { emptyBytes, utf8 } from '../../src/encoding/index.ts';
import { parseSmpServer } from '../../src/protocol/index.ts';
import { authKey, never, newQueue, RawClient, testClient } from '../harness/smp-client.ts';
import {
  args,
  buildSmpServer,
  finish,
  folders,
  init,
  killPrograms,
  mayMount,
  nodeArguments,
  removeFolders,
  run,
  start,
  startOnSmallDisk,
} from '../harness/smp-server-program.ts';
import { expectAnswersBeforeItStops } from '../harness/stopping.ts';

beforeAll(buildSmpServer);
afterEach(killPrograms);
afterAll(removeFolders);

describe('init', () => {
  it('makes private files and prints address and QR code', async () => {
    const made = folders();
    const { code, output } = await finish(['init', '-y', '--fqdn', 'smp.example.com', '--no-password', ...args(made)]);
    expect(code).toBe(0);
    const address = /^Server address: (.*)$/m.exec(output)?.[1] ?? '';
    expect(parseSmpServer(address)).toMatchObject({ server: { hosts: ['smp.example.com'] }, password: undefined });
    expect(output).toMatch(/[█▀▄]{10}/);
    expect(statSync(made.config).mode & 0o777).toBe(0o700);
    expect(statSync(made.data).mode & 0o777).toBe(0o700);
    expect(statSync(join(made.config, 'smp-server.ini')).mode & 0o777).toBe(0o600);
    const before = readFileSync(join(made.config, 'ca.crt'), 'utf8');
    const again = await finish(['init', '-y', ...args(made)]);
    expect(again).toMatchObject({ code: 1, output: expect.stringContaining('There is a server already') });
    expect(readFileSync(join(made.config, 'ca.crt'), 'utf8')).toBe(before);
  });

  it('makes up a password unless it is told one or none, and takes the folders of the environment', async () => {
    const made = folders();
    const env = { SMP_SERVER_CFG_PATH: made.config, SMP_SERVER_LOG_PATH: made.data };
    const random = await finish(['init', '-y', '--ip', '10.0.0.1', '-a', 'ED448'], env);
    expect(random.output).toMatch(/^Server address: smp:\/\/[^:@]+:[A-Za-z0-9_-]{32}@10\.0\.0\.1$/m);
    expect(existsSync(join(made.config, 'smp-server.ini'))).toBe(true);
    const chosen = await finish(['init', '-y', '--ip', '10.0.0.1', '--password', 'secret', ...args(folders())]);
    expect(chosen.output).toMatch(/:secret@10\.0\.0\.1$/m);
  });

  it('asks for host and password, and has no effect without answers', async () => {
    const made = folders();
    const asked = await run(['init', ...args(made)], {}, 'smp.example.com\nn\n').ended;
    expect(asked.output).toMatch(/Server address: smp:\/\/[^:@]+@smp\.example\.com$/m);
    const other = folders();
    const unanswered = await run(['init', ...args(other)], {}, 'smp.example.com\n').ended;
    expect(unanswered).toMatchObject({ code: 1, output: expect.stringContaining('The questions were not answered') });
    expect(existsSync(other.config)).toBe(false);
  });

  it('leaves nothing where the disk is full, so that it can be run again', async () => {
    const identity = folders();
    expect((await finish(['init', '-y', ...args(identity)])).code).toBe(0);
    // The key of the identity, its certificate, those of the server, and the configuration: each is the first too large.
    for (const [bytes, options] of [
      [0, []],
      [60, []],
      [200, []],
      [2_000, []],
      [0, ['--identity', identity.config]],
      [2_000, ['--identity', identity.config]],
    ] as const) {
      const made = folders();
      const init = ['init', '-y', ...options, ...args(made)];
      const failed = spawnSync('prlimit', [`--fsize=${bytes}:`, process.execPath, ...nodeArguments(init)], {
        encoding: 'utf8',
      });
      expect(failed, `${bytes}`).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^The file .* cannot be written: .*\.$/m),
      });
      expect(readdirSync(made.config), `${bytes}`).toEqual([]);
      expect((await finish(['init', '-y', ...options, ...args(made)])).code).toBe(0);
    }
  });

  it('says what to do about an empty file that an earlier one left', async () => {
    const made = folders();
    mkdirSync(made.config, { recursive: true });
    const key = join(made.config, 'ca.key');
    writeFileSync(key, '');
    const { code, output } = await finish(['init', '-y', ...args(made)]);
    expect(output).toContain(
      `${key} is empty: an earlier init did not finish. Delete it (rm ${key}), and run init again.`,
    );
    expect(code).toBe(1);
    rmSync(key);
    expect((await finish(['init', '-y', ...args(made)])).code).toBe(0);
  });

  it('refuses what cannot be', async () => {
    for (const [options, message] of [
      [['--password', 'a b'], 'A password has printable ASCII'],
      [['--fqdn', 'a b'], 'a b is not a host name or address'],
      [['--fqdn', 'a:5223'], 'a:5223 has a port, which is a setting of its own'],
      [['--fqdn', ''], 'The host name is empty'],
      [['--ip', ''], 'The IP address is empty'],
      [['--ip', '300.1.1.1'], '300.1.1.1 is not an IP address; a name is given with --fqdn'],
      [['--ip', '1.1.1.1', '--fqdn', 'x'], 'cannot be used with'],
      [['--password', 'x', '--no-password'], '--password and --no-password cannot be used together'],
      [['-a', 'RSA'], 'There is no signature algorithm RSA'],
    ] as const) {
      const made = folders();
      const { code, output } = await finish(['init', '-y', ...options, ...args(made)]);
      expect(output).toContain(message);
      expect(code).toBe(1);
      expect(existsSync(made.config)).toBe(false);
    }
  });
});

describe('start', () => {
  const flags = { notification: false };

  it('serves, and has everything after it was stopped or killed', async () => {
    const made = await init('--no-password');
    const { clients, messages } = testClient();
    let server = await start(made);
    const isNew = () => server.output().includes('The store is new: there are no queues yet.');
    expect(isNew()).toBe(true);
    const queue = await newQueue(clients, server.address.server, { subscribe: false });
    for (const [i, signal] of (['SIGTERM', 'SIGINT', 'SIGKILL'] as const).entries()) {
      await clients.send(server.address.server, queue.sndId, undefined, flags, utf8(`m${i}`), never);
      server.child.kill(signal);
      const { code } = await server.ended;
      expect(code).toBe(signal === 'SIGKILL' ? null : 0);
      server = await start(made);
      expect(isNew()).toBe(false);
    }
    await clients.subscribe(server.address.server, queue.rcvId, queue.authKey, never);
    for (let i = 0; i < 3; i++) {
      const message = await messages.next();
      expect(queue.open(message)).toMatchObject({ body: utf8(`m${i}`) });
      await clients.ack(server.address.server, queue.rcvId, queue.authKey, message.msgId, never);
    }
    await clients.close();
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });

  it('answers what was asked before it stops', async () => {
    await expectAnswersBeforeItStops(await init('--no-password'));
  });

  it.skipIf(!mayMount())(
    'refuses messages while the disk is full, lets all that wait be fetched, and goes on when there is room',
    async () => {
      const made = await init('--no-password');
      const server = await startOnSmallDisk(made, 80);
      const client = await RawClient.connect(server.address.server, { min: 12, max: 12 });
      const queues = [await client.newQueue(), await client.newQueue(), await client.newQueue()];
      const send = (sndId: Uint8Array) =>
        client.ask(sndId, undefined, { kind: 'SEND', flags, body: new Uint8Array(16_000) });
      const sendAll = async () => {
        const answers = [];
        for (const { sndId } of queues) answers.push(await send(sndId));
        return answers;
      };
      for (let i = 0; i < 20; i++) await sendAll();
      expect(Number(server.fill())).toBe(0);
      const full = { kind: 'ERR', error: { kind: 'STORE', text: 'not stored' } };
      // The log has room of its own, from earlier messages.
      let stored = 20;
      for (let answers = await sendAll(); answers.every(({ kind }) => kind === 'OK'); answers = await sendAll())
        stored++;
      expect(stored).toBeLessThan(100);
      for (let i = 0; i < 5; i++) for (const answer of await sendAll()) expect(answer).toEqual(full);
      expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
      for (const { rcvId, authKey } of queues) {
        let fetched = 0;
        for (;;) {
          const next = await client.ask(rcvId, authKey, { kind: 'GET' });
          if (next.kind !== 'MSG') break;
          expect(await client.ask(rcvId, authKey, { kind: 'ACK', msgId: next.msgId })).toEqual({ kind: 'OK' });
          fetched++;
        }
        expect(fetched).toBeGreaterThanOrEqual(stored);
        expect(fetched).toBeLessThanOrEqual(stored + 1);
      }
      // What was removed makes no room for what comes: the file keeps its size.
      server.free();
      for (const answer of await sendAll()) expect(answer).toEqual({ kind: 'OK' });
      client.transport.destroy();
      server.child.kill('SIGTERM');
      const { code, output } = await server.ended;
      expect(code).toBe(0);
      // One for the first, and one for how often it came again.
      expect(output.match(/error: smp: .*/g)).toEqual([
        expect.stringMatching(/full/),
        expect.stringMatching(/\(again, \d+ times within a minute\)$/),
      ]);
    },
    60_000,
  );

  it('wants its password, and keeps nothing where it is told so', async () => {
    const made = await init('--password', 'secret');
    const ini = join(made.config, 'smp-server.ini');
    writeFileSync(ini, readFileSync(ini, 'utf8').replace('enable = on', 'enable: off'));
    const server = await start(made);
    expect(server.address.password).toBeUndefined();
    expect(server.output().join('\n')).not.toContain('secret');
    const told = await finish(['address', ...args(made)]);
    const address = parseSmpServer(/^Server address: (.*)$/m.exec(told.output)?.[1] ?? '');
    expect(address).toMatchObject({ server: { hosts: ['127.0.0.1'] }, password: 'secret' });
    expect(told.output).toMatch(/[█▀▄]{10}/);
    const { clients } = testClient();
    const request = {
      authKey: authKey(),
      dhPublicKey: authKey('x25519').keys.publicKey,
      sndSecure: true,
      subscribe: false,
    };
    await expect(clients.createQueue({ ...server.address, password: undefined }, request, never)).rejects.toMatchObject(
      { code: { kind: 'AUTH' } },
    );
    await clients.createQueue({ ...server.address, password: address.password }, request, never);
    await clients.close();
    server.child.kill('SIGTERM');
    await server.ended;
    expect(existsSync(join(made.data, 'store', 'store.db'))).toBe(false);
  });

  it('takes on what it can when it is told to read its configuration again, and keeps the old when it cannot', async () => {
    const made = await init('--password', 'before');
    const ini = join(made.config, 'smp-server.ini');
    const text = readFileSync(ini, 'utf8');
    const server = await start(made);
    const untilLine = async (part: string) => {
      for (let line = await server.lines.next(); !line.includes(part); line = await server.lines.next());
    };
    const reload = async (content: string, said: string) => {
      writeFileSync(ini, content);
      server.child.kill('SIGHUP');
      await untilLine(said);
    };
    const { clients } = testClient();
    const create = (password: string) => {
      const dhPublicKey = authKey('x25519').keys.publicKey;
      const request = { authKey: authKey(), dhPublicKey, sndSecure: true, subscribe: false };
      return clients.createQueue({ server: server.address.server, password }, request, never);
    };
    await create('before');
    await reload(text.replace('= before', '= after'), 'certificates reloaded');
    await create('after');
    await expect(create('before')).rejects.toMatchObject({ code: { kind: 'AUTH' } });
    await reload(text.replace('port = 5223', 'port = many'), 'nothing was changed: In');
    await create('after');
    // As long as the server listens elsewhere, not only the first time.
    for (let times = 0; times < 2; times++) {
      await reload(text.replace('port = 5223', 'port = 5224'), '"port" of [TRANSPORT] has changed');
      await untilLine('certificates reloaded');
    }
    await reload(text.replace('port = 5223', 'prot = 1'), 'did you mean "port"?');
    await untilLine('certificates reloaded');
    await create('before');
    rmSync(join(made.config, 'server.key'));
    await reload(text, 'server.key cannot be read');
    await create('before');
    await clients.close();
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });

  it('tells when new queues need no password, and keeps its password when its configuration is lost', async () => {
    const open = await start(await init('--no-password'));
    const told = 'New queues need no password: anyone with the address can create them.';
    expect(open.output().filter((line) => line.startsWith(told))).toHaveLength(1);
    open.child.kill('SIGTERM');
    await open.ended;

    const made = await init('--password', 'secret');
    const ini = join(made.config, 'smp-server.ini');
    const text = readFileSync(ini, 'utf8');
    const server = await start(made);
    expect(server.output().join('\n')).not.toContain(told);
    const reload = async (content: string, said: string) => {
      writeFileSync(ini, content);
      server.child.kill('SIGHUP');
      for (let line = await server.lines.next(); !line.includes(said); line = await server.lines.next());
    };
    const { clients } = testClient();
    const create = () => {
      const dhPublicKey = authKey('x25519').keys.publicKey;
      const request = { authKey: authKey(), dhPublicKey, sndSecure: true, subscribe: false };
      return clients.createQueue({ server: server.address.server, password: undefined }, request, never);
    };
    await reload('', `nothing was changed: The file ${ini} is empty`);
    await expect(create()).rejects.toMatchObject({ code: { kind: 'AUTH' } });
    await reload(text.slice(0, text.indexOf('[AUTH]')), `warn: ${told}`);
    await create();
    await clients.close();
    server.child.kill('SIGTERM');
    await server.ended;
    writeFileSync(ini, '');
    const refused = await finish(['start', '--host', '127.0.0.1', '--port', '0', ...args(made)]);
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining(`The file ${ini} is empty`) });
  });

  it('ends by itself after its last client', async () => {
    const server = await start(await init('--no-password'), '--exit-when-idle', '1');
    const client = await RawClient.connect(server.address.server, { min: 12, max: 12 });
    expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
    client.transport.close();
    expect((await server.ended).code).toBe(0);
  });

  it('says in a sentence why it cannot start', async () => {
    const none = folders();
    expect(await finish(['start', ...args(none)])).toEqual({
      code: 1,
      output: `There is no server in ${none.config}: create one with "sotto smp-server init".\n`,
    });
    const made = await init('--no-password');
    const refused = async (message: string, ...options: readonly string[]) => {
      const { code, output } = await finish(['start', '--host', '127.0.0.1', ...options, ...args(made)]);
      expect(output).toContain(message);
      // A changed store is read through first, which is said.
      const lines = output.trim().split('\n');
      expect(lines.filter((line) => !line.endsWith('checking it first.')).length).toBe(1);
      expect(code).toBe(1);
    };
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
    });
    await refused(
      `The server cannot start: port ${port} is in use by another program; choose another with "port" of [TRANSPORT], or --port.`,
      '--port',
      String(port),
    );
    taken.close();
    for (const name of ['lock', 'control.sock', 'store.clean']) {
      const path = join(made.data, name);
      rmSync(path, { force: true });
      mkdirSync(path, { recursive: true });
      await refused(
        `${path} is a folder, and the server keeps a file of this name. Move it away (mv ${path} ${path}.old), and start again.`,
        '--port',
        '0',
      );
      rmdirSync(path);
    }
    const running = await start(made);
    await refused(`Another server uses ${made.data} already`, '--port', '0');
    running.child.kill('SIGTERM');
    await running.ended;
    writeFileSync(join(made.data, 'store', 'store.db'), 'not a store, but long enough to look at'.repeat(500));
    await refused('is not a store: it does not begin as one', '--port', '0');
    const ini = join(made.config, 'smp-server.ini');
    const text = readFileSync(ini, 'utf8');
    writeFileSync(ini, text.replace('port = 5223', 'port = many'));
    const line = text.split('\n').indexOf('port = 5223') + 1;
    await refused(`In ${ini}, line ${line}: "port" of [TRANSPORT] is not a number from 0 to 65535.`);
    writeFileSync(ini, `${text}nonsense\n`);
    await refused(`of ${ini} is not a setting: nonsense`);
    rmSync(join(made.config, 'server.key'));
    writeFileSync(ini, text);
    await refused('server.key cannot be read: there is none');
  });
});
