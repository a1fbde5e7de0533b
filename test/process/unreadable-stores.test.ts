/** Stores that cannot be opened or read, with real files and processes: each reason has its own sentence. */
import { execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
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
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Database } from '@signalapp/sqlcipher';
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
  return { ...made, folder, store, file: join(store, 'store.db'), log: join(store, 'store.db-wal') };
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
    ['an empty file', ({ file }) => truncateSync(file, 0), /store\.db is empty: it has 0 bytes/],
    ['a few bytes', ({ file }) => truncateSync(file, 60), /store\.db is cut short: it has only 60 bytes/],
    ['a truncated file', ({ file }) => truncateSync(file, 2 * PAGE), /cut short: it ends before pages/],
    ['another kind of file', ({ file }) => writeFileSync(file, 'other '.repeat(5_000)), /is not a store: it does not/],
    ['zeros', ({ file }) => writeFileSync(file, Buffer.alloc(20_000)), /damaged: its first page was overwritten/],
    ['a first page of 0xFF', ({ file }) => overwrite(file, [0]), /damaged: its first page was overwritten/],
    [
      'a newer format',
      ({ file }) => write(file, 60, Buffer.from([0, 0, 0, 9])),
      /has format 9, and .*run the version of Sotto/,
    ],
    [
      'a database of another program',
      ({ file }) => write(file, 68, Buffer.alloc(4)),
      /is not a store: it is a database of another program/,
    ],
    [
      'a folder in its place',
      ({ file }) => {
        rmSync(file);
        mkdirSync(file);
      },
      /store\.db is a folder/,
    ],
    [
      'a missing data file',
      ({ file, log }) => {
        rmSync(file);
        writeFileSync(log, '');
      },
      /store\.db is missing, but its folder has other files \(store\.db-wal\)/,
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

describe('a damaged page', () => {
  it('ends start, check, backup, restore and compact with a sentence and a code', async () => {
    const made = server();
    const copy = join(made.folder, 'copy');
    expect((await finish(['backup', copy, ...args(made)])).code).toBe(0);
    overwrite(made.file, allBut(made.file));
    for (const parameters of [['check'], ['backup', join(made.folder, 'other')], ['compact'], ['restore', copy]])
      expect(await told(finish([...parameters, ...args(made)]))).toMatch(/store.* damaged.*restore a backup/ms);
    expect(await told(start(made))).toMatch(/^The server cannot start\. .*damaged.*restore a backup/ms);
    expect(readdirSync(made.folder).sort()).toEqual(['copy', 'etc', 'var']);
    overwrite(copy, allBut(copy));
    rmSync(made.store, { recursive: true });
    expect(await told(finish(['restore', copy, ...args(made)]))).toMatch(/copy is damaged|backup cannot be used/);
    expect(existsSync(join(made.data, 'store.new'))).toBe(false);
  });

  it('is looked for at a start, unless the server before it ended in order', async () => {
    const made = server();
    const reading = 'checking it first';
    expect((await start(made)).output).toContain(reading);
    const again = await start(made);
    expect(again).toMatchObject({ code: 0 });
    expect(again.output).not.toContain(reading);
    rmSync(join(made.data, 'store.clean'));
    expect((await start(made)).output).toContain(reading);
  });

  it('of one record is told at the start, which continues with the rest', async () => {
    const made = server();
    const database = new Database(made.file);
    // The format of a record stands at its start.
    database.exec("UPDATE messages SET v = x'77' || substr(v, 2) WHERE rowid = 1");
    database.close();
    const { code, output } = await start(made);
    expect(code).toBe(0);
    expect(output).toMatch(
      /is not whole: 1 records in "messages" that cannot be read.*continues with the rest.*restore/,
    );
    expect(output).toContain('Ready');
  });

  it('is found at the start after the data file was changed', async () => {
    const made = server();
    expect(await start(made)).toMatchObject({ code: 0 });
    const mark = join(made.data, 'store.clean');
    expect(existsSync(mark)).toBe(true);
    overwrite(made.file, allBut(made.file));
    expect(await told(start(made))).toContain('damaged');
  });
});

/** A store that an earlier version made. */
const older = gunzipSync(readFileSync(new URL('../stores/lmdb/data.mdb.gz', import.meta.url)));

describe('the store of an earlier version', () => {
  /** A server with a store that such a version made. */
  const olderServer = () => {
    const made = server();
    rmSync(made.store, { recursive: true });
    mkdirSync(made.store);
    const file = join(made.store, 'data.mdb');
    writeFileSync(file, older);
    return { ...made, file };
  };

  it('is checked and backed up as it is, and converted by a start', async () => {
    const made = olderServer();
    expect((await check(made)).output).toMatch(/24 queues, .* 28 messages.*\nNo errors were found\./);
    const copy = join(made.folder, 'copy');
    expect((await finish(['backup', copy, ...args(made)])).output).toContain('In it: 24 queues');
    expect(readdirSync(made.store)).toEqual(['data.mdb']);
    const { code, output } = await start(made);
    expect(code).toBe(0);
    expect(output).toMatch(/earlier version: converting it\.\nConverted: 24 queues, .* 28 messages.*\n(.*\n)*Ready/);
    expect(readdirSync(made.store).sort()).toEqual(['reserve', 'store.db']);
    expect((await check(made)).output).toMatch(/24 queues, .* 28 messages.*\nNo errors were found\./);
  });

  it('is told when it is damaged, also where reading it ends the process, and stays as it was', async () => {
    const made = olderServer();
    const pages = Array.from({ length: statSync(made.file).size / PAGE - 2 }, (_, i) => i + 2);
    overwrite(made.file, pages);
    const before = readFileSync(made.file);
    expect(await told(start(made))).toMatch(/The server cannot start\. .*damaged.*restore a backup/ms);
    expect(await told(check(made))).toMatch(/damaged.*restore a backup/ms);
    expect(readFileSync(made.file).equals(before)).toBe(true);
    truncateSync(made.file, 5_000);
    expect(await told(start(made))).toMatch(/data\.mdb is cut short/);
  });
});

/** All pages but the one with the header. */
const allBut = (file: string) => Array.from({ length: statSync(file).size / PAGE - 1 }, (_, i) => i + 1);

function write(file: string, at: number, content: Buffer): void {
  const opened = openSync(file, 'r+');
  writeSync(opened, content, 0, content.length, at);
  closeSync(opened);
}

function overwrite(file: string, pages: readonly number[]): void {
  for (const page of pages) write(file, page * PAGE, Buffer.alloc(PAGE, 0xff));
}

type Ended = Promise<{ readonly code: number | null; readonly output: string }>;

function execute(command: string, parameters: readonly string[], options: SpawnOptions = {}): Ended {
  const child = spawn(command, parameters, { ...options, stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      output += data.toString();
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

/** Arguments of Node for a command of the server. */
function program(parameters: readonly string[]): string[] {
  const built = new URL('../../dist/apps/smp-server/index.js', import.meta.url).href;
  const text = `import { smpServerCommand } from '${built}';
await smpServerCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;
  return ['--input-type=module', '-e', text, '--', ...parameters];
}

/** Runs a command as a user who has nothing. */
const asOther = (parameters: readonly string[]): Ended =>
  execute(process.execPath, program(parameters), { uid: OTHER, gid: OTHER });

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
        /store\.db cannot be opened to (write|read): it belongs to user root, and user nobody may/,
      );
      expect(sentence).toContain('Nothing is damaged.');
      expect(sentence).not.toMatch(/mv |restore/);
    }
  });

  it('are told for the log alone', async () => {
    const made = server();
    writeFileSync(made.log, '');
    giveAll(made.folder, OTHER);
    chownSync(made.log, 0, 0);
    chmodSync(made.log, 0o600);
    const sentence = await told(asOther(['start', '--port', '0', ...args(made)]));
    expect(sentence).toMatch(/store\.db-wal cannot be opened to (read|write): it belongs to user root/);
  });

  it('can be checked and copied by whoever may read them, and nothing is made beside them', async () => {
    const made = server();
    execFileSync('chmod', ['-R', 'a+rX,go-w', made.folder]);
    const before = readdirSync(made.store);
    expect(await asOther(['check', ...args(made)])).toMatchObject({
      code: 0,
      output: expect.stringContaining('No errors were found.'),
    });
    const target = mkdtempSync('/var/tmp/sotto-copy-');
    chownSync(target, OTHER, OTHER);
    expect(await asOther(['backup', join(target, 'copy'), ...args(made)])).toMatchObject({ code: 0 });
    rmSync(target, { recursive: true });
    expect(readdirSync(made.store)).toEqual(before);
  });
});

const mayMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0;
if (isRoot && !mayMount) console.warn('Skipped, as this system does not let tests mount: read-only file systems.');

/** Runs `script` of sh with a file system of its own of so many megabytes at `$DISK`, which has the folders of `made`. */
function onDisk(made: Server, megabytes: number, script: string): Ended {
  const disk = join(made.folder, 'disk');
  mkdirSync(disk);
  const begin = `mount -t tmpfs -o size=${megabytes}m none "$DISK" && cp -r "$FROM/etc" "$FROM/var" "$DISK" || exit 9
full() { dd if=/dev/zero of="$DISK/rest" bs=4096 2>/dev/null; truncate -s "-$1" "$DISK/rest"; }
run() { "$NODE" --input-type=module -e "$TEXT" -- "$@" --data "$DISK/var" --config "$DISK/etc"; }
`;
  const [, , text] = program([]);
  const env = { ...process.env, DISK: disk, FROM: made.folder, NODE: process.execPath, TEXT: text };
  return execute('unshare', ['-m', 'sh', '-c', begin + script], { env });
}

describe.skipIf(!mayMount)('a full disk', () => {
  const startOnce = 'run start --port 0 --host 127.0.0.1 --exit-when-idle 1';

  it('does not keep a server from starting that has kept room', async () => {
    const { output } = await onDisk(server(), 64, `full 12K; ${startOnce}; echo "code $?"; run check`);
    expect(output).toContain('Ready');
    expect(output).toContain('code 0');
    expect(output).toContain('No errors were found.');
  });

  it('is told by start when there is none kept, and nothing is lost', async () => {
    const script = `rm "$DISK/var/store/reserve"; full 12K; ${startOnce}; echo "code $?"; rm "$DISK/rest"; run check`;
    const { output } = await onDisk(server(), 64, script);
    expect(output).toMatch(/disk is full.*\ncode 1\n/);
    expect(output).toMatch(/1 queue, .* 30 messages.*\nNo errors were found\./);
  });
});

describe.skipIf(!mayMount)('a disk that is nearly full', () => {
  it('keeps the store of an earlier version until a whole one is in its place', async () => {
    const made = server();
    rmSync(made.store, { recursive: true });
    mkdirSync(made.store);
    writeFileSync(join(made.folder, 'data.mdb'), older);
    const sizes = [300, 400, 500, 600, 700, 800, 900, 1_500];
    // Room besides the old store, in kilobytes: for nothing, for the log alone, for the log and the new file.
    const script = sizes
      .map(
        (
          kilobytes,
        ) => `rm -rf "$DISK/var/store" "$DISK/rest"; mkdir "$DISK/var/store"; cp "$FROM/data.mdb" "$DISK/var/store"; full ${kilobytes}K
run compact; echo "${kilobytes}: $(cd "$DISK/var/store"; echo *)"; rm "$DISK/rest"; run check; echo "code $?"`,
      )
      .join('\n');
    const { output } = await onDisk(made, 24, script);
    const left = [...output.matchAll(/^\d+: (.*)$/gm)].map(([, names]) => names);
    expect(left).toHaveLength(sizes.length);
    for (const names of left) expect(['data.mdb', 'store.db']).toContain(names);
    expect(new Set(left).size).toBe(2);
    expect(output.match(/No errors were found\.\ncode 0/g)).toHaveLength(sizes.length);
    expect(output.match(/24 queues, .* 28 messages/g)!.length).toBeGreaterThanOrEqual(sizes.length);
  });
});

describe.skipIf(!mayMount)('a read-only file system', () => {
  /** Runs a command with the folder of `made` mounted read-only, in a mount namespace of its own. */
  const readOnly = (made: Server, parameters: readonly string[]) => {
    const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
    return execute('unshare', ['-m', 'sh', '-c', script, made.folder, process.execPath, ...program(parameters)]);
  };

  it('lets check and backup read, and tells start', async () => {
    const made = server();
    expect(await readOnly(made, ['check', ...args(made)])).toMatchObject({
      code: 0,
      output: expect.stringContaining('No errors were found.'),
    });
    const copy = join(root, 'read-only');
    expect(await readOnly(made, ['backup', copy, ...args(made)])).toMatchObject({ code: 0 });
    expect(existsSync(copy)).toBe(true);
    for (const parameters of [['start', '--port', '0'], ['compact']])
      expect(await told(readOnly(made, [...parameters, ...args(made)]))).toMatch(/read-only/);
  });
});
