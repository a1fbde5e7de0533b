/** Stores of earlier versions, in LMDB, with a file that such a version made: read, converted, damaged. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { compact } from '../../../src/apps/smp-server/store-files/compact.ts';
import { restore } from '../../../src/apps/smp-server/store-files/restore.ts';
import { checkFolder } from '../../../src/apps/smp-server/store-files/view.ts';
import { fromHex, fromUtf8 } from '../../../src/encoding/index.ts';
import { checkStore, convertStore, embeddedStore, type SmpStore, storeView } from '../../../src/smp/server/index.ts';
import { upgradeValue } from '../../../src/smp/server/store/lmdb/first-format.ts';

const made = new URL('../../stores/lmdb/', import.meta.url);
const ids = JSON.parse(readFileSync(new URL('ids.json', made), 'utf8')) as Readonly<Record<string, string>>;
const root = mkdtempSync(join(tmpdir(), 'lmdb-stores-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

const unpacked = (name: string) => gunzipSync(readFileSync(new URL(`${name}.gz`, made)));

/** A data folder with the store in it. */
function dataFolder(): string {
  const data = join(root, `${count++}`);
  mkdirSync(join(data, 'store'), { recursive: true });
  writeFileSync(join(data, 'store', 'data.mdb'), unpacked('data.mdb'));
  return data;
}

/** All that is in it, as the next server sees it. */
async function expectAll(store: SmpStore): Promise<void> {
  const plain = fromHex(ids.plain!);
  expect(store.counts()).toEqual({ queues: 24, messages: 29, notifiers: 1, notifications: 1, services: 1 });
  expect((await store.queues.bySndId(fromHex(ids.plainSender!)))?.rcvId).toEqual(plain);
  expect((await store.queues.byRcvId(plain))?.sndAuthKey).toBeDefined();
  const texts: string[] = [];
  for (let next = await store.messages.first(plain); next !== undefined; ) {
    if (next.content.kind === 'message') texts.push(fromUtf8(next.content.body));
    next = await store.messages.remove(plain, next.msgId);
  }
  expect(texts).toEqual(['one', 'two', 'three']);
  expect(await store.messages.size(fromHex(ids.full!))).toBe(5);
  expect((await store.queues.linkData(fromHex(ids.link!)))?.user).toHaveLength(200);
  expect(await store.notifications.take(fromHex(ids.notifier!), 10)).toHaveLength(1);
  expect(await store.services.notifiers(fromHex(ids.service!))).toBe(1);
  expect(store.aging.read()).toEqual({ aging: 1_700_000_100, wall: 1_700_000_200, heldUntil: 0 });
}

describe('a store of an earlier version', () => {
  it('can be looked through as it is, and nothing is made beside it', async () => {
    const path = join(dataFolder(), 'store');
    const view = storeView(path);
    await view.readAll();
    const { counts, faults } = await checkStore(view);
    expect(faults).toEqual([]);
    expect(counts).toMatchObject({ queues: 24, messages: 28, quotaMarkers: 1, notifiers: 1, services: 1, links: 1 });
    await view.close();
    expect(readdirSync(path)).toEqual(['data.mdb']);
  });

  it('is refused with words by what would write to it', () => {
    const path = join(dataFolder(), 'store');
    expect(() => embeddedStore(path, 4)).toThrow(expect.objectContaining({ fault: 'older' }));
    expect(readdirSync(path)).toEqual(['data.mdb']);
  });

  it('is converted in its place with all that is in it', async () => {
    const path = join(dataFolder(), 'store');
    await convertStore(path);
    expect(readdirSync(path)).toEqual(['store.db']);
    expect((await checkFolder(path)).faults).toEqual([]);
    const store = embeddedStore(path, 4);
    await expectAll(store);
    await store.close();
  });

  it('is converted when it is made compact', async () => {
    const data = dataFolder();
    const told: string[] = [];
    await compact(data, (line) => void told.push(line));
    expect(told.join('\n')).toMatch(/earlier version: converting it\.\nConverted: 24 queues, 1 link/);
    expect(readdirSync(join(data, 'store'))).toEqual(['store.db']);
  });

  it('is converted from the first format of its values, that of 0.1.0', async () => {
    const path = join(dataFolder(), 'store');
    const file = new URL('../../databases/0.1/b/server/data/store/data.mdb.gz', import.meta.url);
    writeFileSync(join(path, 'data.mdb'), gunzipSync(readFileSync(file)));
    const view = storeView(path);
    const keys = view
      .table('queues')
      .keys(undefined, 100)
      .map((key) => Uint8Array.from(key));
    await view.close();
    await convertStore(path);
    const { counts, faults } = await checkFolder(path);
    expect(faults).toEqual([]);
    expect(counts).toMatchObject({ queues: keys.length, links: 0, notifiers: 0 });
    const store = embeddedStore(path, 4);
    const records = await Promise.all(keys.map((rcvId) => store.queues.byRcvId(rcvId)));
    // The agent's queues of both sides, all for messages of one sender; two of them nobody has joined yet.
    expect(records.map((record) => record?.mode)).toEqual(keys.map(() => 'messaging'));
    expect(records.filter((record) => record?.sndAuthKey === undefined)).toHaveLength(2);
    const waiting = await Promise.all(keys.map((rcvId) => store.messages.size(rcvId)));
    expect(waiting.reduce((a, b) => a + b)).toBe(counts.messages);
    await store.close();
  });

  it('has records that cannot be read as they were', () => {
    const damaged = Buffer.from([1, 2, 3]);
    expect(upgradeValue('queues', damaged)).toBe(damaged);
    const sender = Buffer.from([1, ...new Uint8Array(23)]);
    expect(upgradeValue('senders', sender)).toBe(sender);
  });

  it('stays as it is when it is damaged', async () => {
    const path = join(dataFolder(), 'store');
    const file = join(path, 'data.mdb');
    const content = readFileSync(file);
    const newer = content.readBigUInt64LE(152) > content.readBigUInt64LE(4_096 + 152) ? 0 : 4_096;
    // The root of the list of free pages.
    const at = Number(content.readBigUInt64LE(newer + 88)) * 4_096;
    writeFileSync(file, content.fill(0xff, at, at + 4_096));
    await expect(convertStore(path)).rejects.toThrow(/damaged: it belongs to the list of free pages/);
    expect(readdirSync(path)).toEqual(['data.mdb']);
    writeFileSync(file, unpacked('data.mdb').subarray(0, 8_192));
    await expect(convertStore(path)).rejects.toThrow(/cut short/);
    expect(readdirSync(path)).toEqual(['data.mdb']);
  });

  it('is begun again after converting was cut off', async () => {
    const path = join(dataFolder(), 'store');
    for (const name of ['store.db.new', 'store.db.new-wal']) writeFileSync(join(path, name), 'half');
    await convertStore(path);
    expect(readdirSync(path)).toEqual(['store.db']);
    const store = embeddedStore(path, 4);
    await expectAll(store);
    await store.close();
  });

  it('is removed by the next start when converting was cut off behind its last step, and never comes back', async () => {
    const path = join(dataFolder(), 'store');
    await convertStore(path);
    for (const name of ['data.mdb', 'lock.mdb']) writeFileSync(join(path, name), unpacked('data.mdb'));
    const store = embeddedStore(path, 4);
    await expectAll(store);
    await store.close();
    expect(readdirSync(path).sort()).toEqual(['reserve', 'store.db']);
  });

  it('comes back from a backup of that version', async () => {
    const folder = join(root, `${count++}`);
    mkdirSync(folder);
    const [config, data, file] = [join(folder, 'etc'), join(folder, 'var'), join(folder, 'backup')];
    writeFileSync(file, unpacked('backup'));
    const told: string[] = [];
    await restore(file, { config, data }, (line) => void told.push(line));
    expect(told[0]).toMatch(/^Restored, as of 2023-11-14T22:13:20.000Z: 24 queues, 1 link, .*28 messages/);
    expect(existsSync(join(config, 'ca.key'))).toBe(true);
    expect(readdirSync(join(data, 'store'))).toEqual(['store.db']);
    const store = embeddedStore(join(data, 'store'), 4);
    await expectAll(store);
    await store.close();
    const damaged = join(folder, 'damaged');
    cpSync(file, damaged);
    writeFileSync(damaged, unpacked('backup').subarray(0, 9_000));
    const to = { config: join(folder, 'etc2'), data: join(folder, 'var2') };
    await expect(restore(damaged, to, () => {})).rejects.toThrow(/backup cannot be used: .*damaged is cut short/);
    expect(readdirSync(to.data)).toEqual([]);
  });
});
