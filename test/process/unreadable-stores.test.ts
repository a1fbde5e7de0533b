/** Stores that cannot be opened or read, with real files and processes: each reason has its own sentence. */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedStore } from '../../src/smp/server/index.ts';
import { message, queueRecord } from '../harness/smp-records.ts';
import { args, buildSmpServer, type Folders, finish, init, removeFolders } from '../harness/smp-server-program.ts';

const PAGE = 4_096;
/** Where Debian has "nobody". */
const OTHER = 65_534;

/** Not in the folder of temporary files of this run, which other users cannot reach. */
const root = mkdtempSync('/var/tmp/sotto-unreadable-');
chmodSync(root, 0o755);
let whole: Folders;
let count = 0;

beforeAll(async () => {
  buildSmpServer();
  whole = await init('--no-password');
  const store = embeddedStore(join(whole.data, 'store'), 1_000);
  const record = queueRecord();
  await store.queues.create(record);
  const body = Buffer.alloc(16_000, 7);
  await Promise.all(
    Array.from({ length: 30 }, (_, i) => store.messages.add(record.rcvId, { ...message(`${i}`), body })),
  );
  await store.close();
});
afterAll(() => {
  removeFolders();
  rmSync(root, { recursive: true, force: true });
});

/** A copy of the server, with its data file. */
function server() {
  const folder = join(root, String(count++));
  const made = { config: join(folder, 'etc'), data: join(folder, 'var') };
  cpSync(whole.config, made.config, { recursive: true });
  cpSync(whole.data, made.data, { recursive: true });
  const store = join(made.data, 'store');
  return { ...made, folder, store, file: join(store, 'data.mdb'), lock: join(store, 'lock.mdb') };
}

type Server = ReturnType<typeof server>;

const start = (made: Folders) =>
  finish(['start', '--host', '127.0.0.1', '--port', '0', '--exit-when-idle', '1', ...args(made)]);
const check = (made: Folders) => finish(['check', ...args(made)]);

/** What a command says that fails with one sentence or more in one line, as it must. */
async function told(ended: Promise<{ readonly code: number | null; readonly output: string }>): Promise<string> {
  const { code, output } = await ended;
  expect(output).not.toMatch(/\n\s+at /);
  expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(/./) });
  return output.trim();
}

describe('a data file that is not a store is told apart', () => {
  const cases: readonly (readonly [string, (made: Server) => void, RegExp])[] = [
    ['an empty file', ({ file }) => truncateSync(file, 0), /data\.mdb is empty: it has 0 bytes/],
    ['a few bytes', ({ file }) => truncateSync(file, 100), /data\.mdb is cut short: it has only 100 bytes/],
    ['a truncated file', ({ file }) => truncateSync(file, 2 * PAGE), /cut short: it ends before pages/],
    ['another kind of file', ({ file }) => writeFileSync(file, 'other '.repeat(5_000)), /is not a store: it does not/],
    ['zeros', ({ file }) => writeFileSync(file, Buffer.alloc(20_000)), /damaged: its first page was overwritten/],
    ['a second page of 0xFF', ({ file }) => overwrite(file, [1]), /damaged: its second page was overwritten/],
    [
      'a newer format',
      ({ file }) => write(file, 28, Buffer.from([9, 0, 0, 0])),
      /has format 9 of LMDB.*run the version of Sotto/,
    ],
    [
      'a folder in its place',
      ({ file }) => {
        rmSync(file);
        mkdirSync(file);
      },
      /data\.mdb is a folder/,
    ],
    [
      'a missing data file',
      ({ file, lock }) => {
        rmSync(file);
        writeFileSync(lock, '');
      },
      /data\.mdb is missing, but its folder has other files \(lock\.mdb\)/,
    ],
    [
      'a file in the place of the folder',
      ({ store }) => {
        rmSync(store, { recursive: true });
        writeFileSync(store, '');
      },
      /store is not a folder/,
    ],
  ];
  it.each(cases)('%s', async (_, harm, sentence) => {
    const made = server();
    harm(made);
    const before = existsSync(made.file) && statSync(made.file).size;
    for (const ended of [start(made), check(made), finish(['backup', join(made.folder, 'copy'), ...args(made)])])
      expect(await told(ended)).toMatch(sentence);
    expect(existsSync(made.file) && statSync(made.file).size).toBe(before);
    expect(readdirSync(made.folder).sort()).toEqual(['etc', 'var']);
  });
});

function write(file: string, at: number, content: Buffer): void {
  const opened = openSync(file, 'r+');
  writeSync(opened, content, 0, content.length, at);
  closeSync(opened);
}

function overwrite(file: string, pages: readonly number[]): void {
  for (const page of pages) write(file, page * PAGE, Buffer.alloc(PAGE, 0xff));
}

/** Runs a command as a user who has nothing. */
function asOther(parameters: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const program = new URL('../../dist/apps/smp-server/index.js', import.meta.url).href;
  const text = `import { smpServerCommand } from '${program}';
await smpServerCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text, '--', ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe'],
    uid: OTHER,
    gid: OTHER,
    cwd: '/',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

function giveAll(path: string, uid: number): void {
  execFileSync('chown', ['-R', `${uid}:${uid}`, path]);
}

const isRoot = process.getuid?.() === 0;
if (!isRoot)
  console.warn('Skipped, as only root can become another user and mount: files of other users, read-only mounts.');

describe.skipIf(!isRoot)('files of another user', () => {
  it('are told with the name of their owner, and nobody is told to move them away', async () => {
    const made = server();
    giveAll(made.folder, OTHER);
    chownSync(made.file, 0, 0);
    chmodSync(made.file, 0o600);
    for (const parameters of [['start', '--port', '0'], ['check']]) {
      const sentence = await told(asOther([...parameters, ...args(made)]));
      expect(sentence).toMatch(
        /data\.mdb cannot be opened to (write|read): it belongs to user root, and user nobody may/,
      );
      expect(sentence).toContain('Nothing is damaged.');
      expect(sentence).not.toMatch(/mv |restore/);
    }
  });

  it('are told for the lock file alone', async () => {
    const made = server();
    writeFileSync(made.lock, Buffer.alloc(8_192));
    giveAll(made.folder, OTHER);
    chownSync(made.lock, 0, 0);
    chmodSync(made.lock, 0o600);
    const sentence = await told(asOther(['start', '--port', '0', ...args(made)]));
    expect(sentence).toMatch(/lock\.mdb cannot be opened to write: it belongs to user root/);
    expect(sentence).toContain('holds locks and no data');
  });
});
