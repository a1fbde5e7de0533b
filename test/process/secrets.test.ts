/**
 * Real programs at their most talkative, with things going wrong: nothing they print, log or write holds a key, a password
 * or a message, in any writing of it; and their memory is left out of core dumps.
 */
import { createPrivateKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentMigrations, openDatabase } from '../../src/agent/index.ts';
import { chatMigrations } from '../../src/chat/store/index.ts';
import { decode, fromBase64url, toHex, utf8 } from '../../src/encoding/index.ts';
import { storeView } from '../../src/smp/server/index.ts';
import { queueRecordCodec, storedMessageCodec } from '../../src/smp/server/store/record-codec.ts';
import { temporaryFolder } from '../harness/people.ts';
import { ChatProgram, freePort, limitProcess, Program, ServerProgram } from '../harness/processes.ts';
import { authKey, RawClient } from '../harness/smp-client.ts';
import { Traces } from '../harness/traces.ts';

const PASSWORD = 'Pa55word-of-the-server';
const PASSPHRASE = 'the passphrase that is wrong';
const TEXTS = ['meet me at the old mill at nine', 'bring the yellow suitcase, not the red one'];
const REFUSED = 'this one finds no room on the disk';

const folder = temporaryFolder();
const secrets = new Map<string, Uint8Array>();
/** What the programs printed for whoever runs them; a chat's standard output is the conversation itself. */
const printed: string[] = [];
let filters: string[];
let traces: Traces;

/** Everything in the tables of a client that is not text or a number. */
function secretsOfClient(name: string): void {
  const path = join(folder, `${name}.db`);
  const key = fromBase64url(readFileSync(join(folder, `${name}.key`), 'utf8').trim());
  secrets.set(`${name}: key of the database`, key);
  const database = openDatabase(path, { kind: 'raw', key }, [...agentMigrations, ...chatMigrations]);
  const tables = database.all<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table'`);
  for (const table of tables) {
    for (const [row, values] of database.all(`SELECT * FROM "${table.name}"`).entries()) {
      for (const [column, value] of Object.entries(values)) {
        if (value instanceof Uint8Array) secrets.set(`${name}: ${table.name}.${column} ${row}`, value.slice());
      }
    }
  }
  database.close();
}

async function secretsOfServer(): Promise<void> {
  for (const file of ['ca.key', 'server.key']) {
    const key = createPrivateKey(readFileSync(join(folder, 'config', file), 'utf8'));
    const { d } = key.export({ format: 'jwk' });
    secrets.set(`server: ${file}`, fromBase64url(d!));
  }
  const store = storeView(join(folder, 'data', 'store'));
  const all = (name: 'queues' | 'messages') => {
    const table = store.table(name);
    return table.keys(undefined, 1_000).map((key) => ({ key, value: table.get(Buffer.from(key))! }));
  };
  for (const { value } of all('queues')) {
    const { rcvId, sndId, rcvDhSecret } = decode(queueRecordCodec, Uint8Array.from(value));
    for (const [what, secret] of Object.entries({ rcvId, sndId, rcvDhSecret })) {
      secrets.set(`stored: ${what} ${toHex(rcvId)}`, secret.slice());
    }
  }
  for (const { key, value } of all('messages')) {
    const { content } = decode(storedMessageCodec, Uint8Array.from(value));
    if (content.kind === 'message') secrets.set(`stored: message ${toHex(key)}`, content.body.slice());
  }
  await store.close();
}

const collect = (program: Program) => printed.push(...program.errors);

/** A day in the life of these programs, with everything that makes them say something. */
async function live(): Promise<void> {
  const server = new ServerProgram(folder, await freePort(), { more: ['--log-level', 'debug'] });
  await server.init({ create_password: PASSWORD, log_stats: 'on', prometheus_interval: '1' });
  await server.start();
  const talkative = { more: ['--log-level', 'debug'] };
  const alice = new ChatProgram('alice', folder, server.address, talkative);
  const bob = new ChatProgram('bob', folder, server.address, talkative);
  try {
    await bob.connect(alice);
    filters = [server.program, alice.program].map(({ pid }) => readFileSync(`/proc/${pid}/coredump_filter`, 'utf8'));
    alice.program.type(`@bob ${TEXTS[0]}`);
    bob.program.type(`@alice ${TEXTS[1]}`);
    await bob.program.lines.first((line) => line.includes(`alice> ${TEXTS[0]}`), 'a message');
    await alice.program.lines.first((line) => line.includes(`bob> ${TEXTS[1]}`), 'another message');
    await alice.program.ask(`@nobody ${TEXTS[0]}`);
    await alice.program.ask(`@bob ${TEXTS[0]!.repeat(1_000)}`);
    const link = await alice.invite();
    await alice.program.ask(`/c ${link}`);
    await bob.program.ask(`/c ${link.slice(0, -20)}`);

    // A stranger who shakes hands badly, and one whose commands are not allowed.
    const stranger = await RawClient.connect(server.server, { min: 12, max: 12 });
    await stranger.ask(new Uint8Array(24), authKey(), { kind: 'SUB' });
    await expect(stranger.newQueue()).rejects.toThrow('AUTH');
    // The server may end the connection before all of it is written.
    await stranger.transport.write(new Uint8Array(16_384)).catch(() => {});
    await stranger.transport.closed;
    await server.program.lines.first((line) => line.includes(' debug: smp: session ended'), 'a line of the log');

    const look = new Program(['smp-server', 'status', '--json', '--data', join(folder, 'data')]);
    await look.ended;
    expect(look.lines.all.join('')).toContain('"clients":');
    printed.push(...look.lines.all);

    // Written every second.
    while (!existsSync(join(folder, 'data', 'smp-server-metrics.txt'))) await new Promise((r) => setTimeout(r, 50));

    // No room, on either side.
    const sizeOf = (path: string) => statSync(join(folder, path)).size;
    limitProcess(server.program.pid, `fsize=${sizeOf('data/store/store.db-wal')}:`);
    limitProcess(bob.program.pid, `fsize=${sizeOf('bob.db-wal')}:`);
    await bob.program.ask(`@alice ${REFUSED}`);
    for (let i = 0; i < 100; i++) alice.program.type(`@bob ${TEXTS[0]}`);
    await server.program.lines.first((line) => line.includes(' error: smp: the disk is full'), 'a full disk');
    limitProcess(server.program.pid, 'fsize=unlimited:');
    limitProcess(bob.program.pid, 'fsize=unlimited:');

    collect(server.program);
    await server.stop('SIGKILL');
    await server.start();
    await alice.program.lines.first((line) => / debug: smp: (connection ended|connecting failed)/.test(line), 'an end');
    await alice.program.ask('/contacts');
    printed.push(...server.log);
  } finally {
    for (const { program } of [alice, bob]) {
      await program.stop('SIGTERM');
      collect(program);
    }
    await server.stop('SIGTERM');
  }
  const wrong = new Program([
    'chat',
    '-d',
    join(folder, 'alice'),
    '-k',
    PASSPHRASE,
    '-e',
    '/contacts',
    ...talkative.more,
  ]);
  expect(await wrong.ended).toBe(2);
  collect(wrong);
}

beforeAll(async () => {
  await live();
  secretsOfClient('alice');
  secretsOfClient('bob');
  await secretsOfServer();
  for (const [i, text] of [...TEXTS, REFUSED].entries()) secrets.set(`message ${i}`, utf8(text));
  secrets.set('password of the server', utf8(PASSWORD));
  secrets.set('wrong passphrase', utf8(PASSPHRASE));
  traces = new Traces(secrets);
});

const filesIn = (path: string): readonly string[] =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesIn(join(path, name))) : [path];

describe('secrets', () => {
  it('are found by this test wherever they are', () => {
    const secret = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 3);
    const one = new Traces(new Map([['it', secret]]));
    const buffer = Buffer.concat([Buffer.from('x'), secret]);
    for (const text of [
      buffer.toString('hex'),
      buffer.toString('base64'),
      buffer.toString('base64url'),
      buffer.toString('latin1'),
      JSON.stringify([...secret]),
      String(secret),
    ]) {
      expect(one.in(`before ${text} after`)).toEqual(['it']);
    }
    expect(one.in('nothing at all')).toEqual([]);
  });

  it('are in nothing that is printed or logged', () => {
    expect(secrets.size).toBeGreaterThan(50);
    expect(printed.length).toBeGreaterThan(20);
    for (const line of printed) expect(traces.in(line), line).toEqual([]);
  });

  it('are in no file but those made to keep them', () => {
    const own: readonly [RegExp, RegExp][] = [
      [/\/config\/(ca|server)\.key$/, /^server: (ca|server)\.key$/],
      [/\/config\/smp-server\.ini$/, /^password of the server$/],
      [/\/(alice|bob)\.key$/, /key of the database$/],
      [/\/data\/store\/store\.db$/, /^stored: |auth_public/],
    ];
    const files = filesIn(folder);
    for (const name of ['smp-server-metrics.txt', 'smp-server-stats.json']) expect(files.join()).toContain(name);
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) {
      const allowed = own.filter(([path]) => path.test(file)).map(([, secret]) => secret);
      const found = traces.in(readFileSync(file, 'latin1')).filter((name) => !allowed.some((each) => each.test(name)));
      expect(found, file).toEqual([]);
    }
  });

  it('are in no core dump: the memory of the programs is left out', () => {
    expect(filters.map((filter) => Number.parseInt(filter, 16))).toEqual([0, 0]);
  });
});
