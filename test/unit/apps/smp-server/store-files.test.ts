/** Backups, what they bring back and what they refuse; stores made compact. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '@signalapp/sqlcipher';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../../../src/apps/smp-server/configuration/configuration.ts';
import { backup } from '../../../../src/apps/smp-server/store-files/backup.ts';
import { isDoubtful, markCleanStop } from '../../../../src/apps/smp-server/store-files/clean-stop.ts';
import { compact } from '../../../../src/apps/smp-server/store-files/compact.ts';
import { restore } from '../../../../src/apps/smp-server/store-files/restore.ts';
import { checkFolder } from '../../../../src/apps/smp-server/store-files/view.ts';
import { systemRandom } from '../../../../src/crypto/index.ts';
import { createIdentityFiles, type Folders, lockFolder, writeNewFile } from '../../../../src/hosting/index.ts';
import { embeddedStore } from '../../../../src/smp/server/index.ts';
import { message, queueRecord } from '../../../harness/smp-records.ts';

const root = mkdtempSync(join(tmpdir(), 'smp-store-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** Folders of a server that is not there yet. */
function nowhere(): Folders & { readonly file: string } {
  const folder = join(root, `${count++}`);
  mkdirSync(folder);
  return { config: join(folder, 'etc'), data: join(folder, 'var'), file: join(folder, 'backup') };
}

type Server = ReturnType<typeof nowhere>;

function withIdentity(server: Server): Server {
  const identity = { name: 'SMP server CA', algorithm: 'ed25519', host: '127.0.0.1', random: systemRandom } as const;
  createIdentityFiles(server.config, { ...identity, nowMs: Date.now() }, writeNewFile);
  const web = join(server.config, 'web.crt');
  writeFileSync(web, 'certificate');
  writeFileSync(join(server.config, 'smp-server.ini'), `[WEB]\nhttps = 443\ncert = ${web}\nkey = ${web}\n`);
  return server;
}

/** A server with one queue, and messages in it. */
async function used(messages = 1) {
  const server = withIdentity(nowhere());
  mkdirSync(server.data);
  const store = embeddedStore(join(server.data, 'store'), 1_000);
  const record = queueRecord();
  await store.queues.create(record);
  const sent = Array.from({ length: messages }, (_, i) => ({ ...message(`${i}`), body: systemRandom.bytes(16_000) }));
  await Promise.all(sent.map((each) => store.messages.add(record.rcvId, each)));
  return { server, store, record, sent };
}

const saved = async ({ config, data, file }: Server, withIdentity = false) => {
  const told: string[] = [];
  const nowMs = 1_700_000_000_000;
  await backup({ folders: { config, data }, file, withIdentity, nowMs }, (line) => void told.push(line));
  return told.join('\n');
};

const restored = async (file: string, to: Folders) => {
  const told: string[] = [];
  await restore(file, to, (line) => void told.push(line));
  return told.join('\n');
};

describe('a backup', () => {
  it('brings queues and messages back, to a server with the same identity', async () => {
    const { server, store, record, sent } = await used();
    await store.close();
    const told = await saved(server);
    expect(told).toContain('In it: 1 queue, 0 links, 0 notifiers, 0 services, 1 message, 0 markers of full queues.');
    expect(statSync(server.file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(server.file, '..')).sort()).toEqual(['backup', 'etc', 'var']);
    rmSync(server.data, { recursive: true });
    chmodSync(server.file, 0o444);
    expect(await restored(server.file, server)).toContain('Restored, as of 2023-11-14T22:13:20.000Z: 1 queue');
    expect(existsSync(join(server.data, 'store.new'))).toBe(false);
    expect(statSync(join(server.data, 'store', 'store.db')).mode & 0o777).toBe(0o600);
    const back = embeddedStore(join(server.data, 'store'), 1_000);
    expect(await back.queues.bySndId(record.sndId)).toEqual(record);
    expect((await back.messages.first(record.rcvId))?.msgId).toEqual(sent[0]!.msgId);
    await back.close();
  });

  it('brings configuration and identity back when they are in it', async () => {
    const { server, store } = await used();
    await store.close();
    expect(await saved(server, true)).toContain('Included: ca.key');
    const elsewhere = nowhere();
    expect(await restored(server.file, elsewhere)).toContain(`Also restored: ${elsewhere.config}/smp-server.ini`);
    for (const name of ['ca.crt', 'ca.key', 'server.crt', 'server.key', 'fingerprint', 'web.crt']) {
      expect(readFileSync(join(elsewhere.config, name))).toEqual(readFileSync(join(server.config, name)));
      expect(statSync(join(elsewhere.config, name)).mode & 0o077).toBe(0);
    }
    const certificate = join(elsewhere.config, 'web.crt');
    expect(readConfiguration(elsewhere.config).web.https?.certificatePath).toBe(certificate);
    const withoutIdentity = nowhere();
    const { server: other, store: otherStore } = await used();
    await otherStore.close();
    await saved(other);
    expect(await restored(other.file, withoutIdentity)).toContain('There is no identity in');
  });

  it('is written once, and not without a server', async () => {
    const { server, store } = await used();
    await store.close();
    await saved(server);
    await expect(saved(server)).rejects.toThrow('There is a file');
    await expect(saved(withIdentity(nowhere()))).rejects.toThrow('There is no store in');
    await expect(saved({ ...server, file: join(root, 'nowhere', 'x') })).rejects.toThrow('cannot be written');
  });

  it('is refused where there are queues, for another identity, and while a server runs', async () => {
    const { server, store } = await used();
    await store.close();
    await saved(server);
    await expect(restored(server.file, server)).rejects.toThrow(/There are queues in .* already/);
    const other = withIdentity(nowhere());
    await expect(restored(server.file, other)).rejects.toThrow('The backup is of another server');
    expect(readdirSync(other.data)).toEqual([]);
    const running = nowhere();
    const lock = lockFolder(running.data);
    await expect(restored(server.file, running)).rejects.toThrow('Another server uses');
    lock.release();
    const whole = nowhere();
    const { server: third, store: thirdStore } = await used();
    await thirdStore.close();
    await saved(third, true);
    withIdentity(whole);
    await expect(restored(third.file, whole)).rejects.toThrow('There is another server already');
  });

  it('is refused when it is none, or damaged, and nothing stays of it', async () => {
    const { server, store } = await used(20);
    await store.close();
    await saved(server);
    const to = nowhere();
    const attempts: readonly (readonly [string, Buffer, RegExp])[] = [
      ['other', Buffer.from('something else'.repeat(1_000)), /backup cannot be used: .*other is not a store/],
      ['short', Buffer.from('something else'), /short is cut short/],
      ['empty', Buffer.alloc(0), /empty is empty: it has 0 bytes/],
      ['store', readFileSync(join(server.data, 'store', 'store.db')), /is not a backup/],
      ['cut', readFileSync(server.file).subarray(0, 20_000), /cut is cut short/],
    ];
    for (const [name, content, why] of attempts) {
      const file = join(root, name);
      writeFileSync(file, content);
      await expect(restored(file, to)).rejects.toThrow(why);
      expect(readdirSync(to.data)).toEqual([]);
    }
    await expect(restored(join(root, 'absent'), to)).rejects.toThrow('There is no file');
  });
});

describe('the mark of a clean stop', () => {
  it('is made for a store that is whole in its data file, and counts while that stays as it is', async () => {
    const { server, store } = await used();
    markCleanStop(server.data);
    expect(isDoubtful(server.data)).toBe(true);
    await store.close();
    markCleanStop(server.data);
    expect(isDoubtful(server.data)).toBe(false);
    await embeddedStore(join(server.data, 'store'), 1_000).close();
    expect(isDoubtful(server.data)).toBe(true);
  });
});

describe('a store with a record that cannot be read', () => {
  it('is backed up, restored and made compact all the same, which is told', async () => {
    const { server, store, record, sent } = await used(3);
    await store.close();
    const database = new Database(join(server.data, 'store', 'store.db'));
    database.exec("UPDATE messages SET v = x'77' || substr(v, 2) WHERE rowid = 1");
    database.close();
    const wrong = /Error, also in the original store: 1 records in "messages"/;
    expect(await saved(server)).toMatch(wrong);
    const told: string[] = [];
    await compact(server.data, (line) => void told.push(line));
    expect(told.join('\n')).toMatch(wrong);
    rmSync(server.data, { recursive: true });
    expect(await restored(server.file, server)).toMatch(wrong);
    const back = embeddedStore(join(server.data, 'store'), 1_000);
    expect((await back.messages.first(record.rcvId))?.msgId).toEqual(sent[1]!.msgId);
    await back.close();
  });
});

describe('a store made compact', () => {
  it('is smaller and has the same', async () => {
    const { server, store, record, sent } = await used(300);
    for (const { msgId } of sent.slice(0, -1)) await store.messages.remove(record.rcvId, msgId);
    await store.close();
    const file = join(server.data, 'store', 'store.db');
    const before = statSync(file).size;
    const { counts } = await checkFolder(join(server.data, 'store'));
    const told: string[] = [];
    await compact(server.data, (line) => void told.push(line));
    expect(told[0]).toMatch(/^The store was compacted: [\d,]+ KB before, [\d,]+ KB now\.$/);
    expect(statSync(file).size).toBeLessThan(before / 10);
    expect(await checkFolder(join(server.data, 'store'))).toEqual({ counts, faults: [] });
    expect(readdirSync(server.data)).toEqual(['store']);
    const again = embeddedStore(join(server.data, 'store'), 1_000);
    expect((await again.messages.first(record.rcvId))?.msgId).toEqual(sent.at(-1)!.msgId);
    expect(await again.messages.add(record.rcvId, message('more'))).toBe('stored');
    await again.close();
  });

  it('has what was only in the log of a server that was killed', async () => {
    const { server, store, record, sent } = await used(3);
    const copy = { ...server, data: `${server.data}-killed` };
    cpSync(server.data, copy.data, { recursive: true });
    await store.close();
    expect(readdirSync(join(copy.data, 'store'))).toContain('store.db-wal');
    await compact(copy.data, () => {});
    expect(readdirSync(join(copy.data, 'store')).sort()).toEqual(['reserve', 'store.db']);
    const again = embeddedStore(join(copy.data, 'store'), 1_000);
    expect((await again.messages.first(record.rcvId))?.msgId).toEqual(sent[0]!.msgId);
    await again.close();
  });

  it('is left alone while a server runs', async () => {
    const { server, store } = await used();
    await store.close();
    const lock = lockFolder(server.data);
    await expect(compact(server.data, () => {})).rejects.toThrow('Another server uses');
    lock.release();
  });
});
