/** Servers that move over: from recorded logs of the reference, whole and damaged, and what is refused. */
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../../../../src/apps/smp-server/configuration/configuration.ts';
import { importServer } from '../../../../../src/apps/smp-server/import/import.ts';
import { openStore } from '../../../../../src/apps/smp-server/open-store.ts';
import { systemClock } from '../../../../../src/base/index.ts';
import { systemRandom } from '../../../../../src/crypto/index.ts';
import { fromBase64url, fromUtf8, toBase64url } from '../../../../../src/encoding/index.ts';
import { createIdentityFiles, HostingError, writeNewFile } from '../../../../../src/hosting/index.ts';
import { embeddedStore, type QueueRecord, type StoredMessage } from '../../../../../src/smp/server/index.ts';

const root = mkdtempSync(join(tmpdir(), 'smp-import-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

const recorded = (name: string) =>
  readFileSync(new URL(`../../../../vectors/server-logs/${name}.txt`, import.meta.url), 'utf8');
const queueLog = recorded('queue-log');
const messageLog = recorded('message-log');
const journalState = recorded('journal-state');
const journalMessages = recorded('journal-messages');

const id = () => toBase64url(systemRandom.bytes(24));
const secret = () => toBase64url(systemRandom.bytes(32));
const KEY = /rk=(\S+)/.exec(queueLog)![1]!;
const SENDER_KEY = /SECURE \S+ (\S+)/.exec(queueLog)![1]!;
/** Of the queue that has messages. */
const RCV_ID = /rid=(\S+)/.exec(queueLog)![1]!;

/** A line for a new queue, with what is said of it behind its keys. */
const create = (rcvId: string, more = '', sender = '') =>
  `CREATE rid=${rcvId} rk=${KEY} rdh=${secret()} sid=${id()} sk=${sender}${more}`;

interface Move {
  readonly told: string[];
  readonly from: { readonly config: string; readonly data: string };
  readonly to: { readonly config: string; readonly data: string };
  run(): Promise<void>;
}

/** A server to be moved: an identity, a configuration, and these files of data. */
function server(files: Readonly<Record<string, string>>, ini = ''): Move {
  const folder = join(root, `${count++}`);
  const folders = (name: string) => ({ config: join(folder, name, 'etc'), data: join(folder, name, 'var') });
  const [from, to] = [folders('from'), folders('to')];
  createIdentityFiles(
    from.config,
    {
      name: 'SMP server CA',
      algorithm: 'ed25519',
      host: '127.0.0.1',
      nowMs: Date.now(),
      random: systemRandom,
    },
    writeNewFile,
  );
  writeFileSync(join(from.config, 'smp-server.ini'), `[TRANSPORT]\nhost = smp.example.com\nport = 0\n${ini}`);
  mkdirSync(from.data);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(from.data, name)), { recursive: true });
    writeFileSync(join(from.data, name), content);
  }
  const told: string[] = [];
  return { told, from, to, run: () => importServer(from, to, (line) => void told.push(line)) };
}

async function moved(files: Readonly<Record<string, string>>, ini = ''): Promise<Move> {
  const move = server(files, ini);
  await move.run();
  return move;
}

/** Looks into the store that was made. */
async function inStore<T>({ to }: Move, look: (store: ReturnType<typeof embeddedStore>) => Promise<T>): Promise<T> {
  const store = embeddedStore(join(to.data, 'store'), 128);
  try {
    return await look(store);
  } finally {
    await store.close();
  }
}

const queueOf = (move: Move, rcvId: string): Promise<QueueRecord | undefined> =>
  inStore(move, (store) => store.queues.byRcvId(fromBase64url(rcvId)));

const messagesOf = (move: Move, rcvId: string): Promise<readonly StoredMessage[]> =>
  inStore(move, async (store) => {
    const messages: StoredMessage[] = [];
    const queue = fromBase64url(rcvId);
    for (let next = await store.messages.first(queue); next !== undefined; ) {
      messages.push(next);
      next = await store.messages.remove(queue, next.msgId);
    }
    return messages;
  });

const textOf = ({ content }: StoredMessage) => (content.kind === 'message' ? fromUtf8(content.body) : 'quota');
const texts = async (move: Move, rcvId: string) => (await messagesOf(move, rcvId)).map(textOf);

const logs = (...lines: readonly string[]) => ({ 'smp-server-store.log': lines.map((line) => `${line}\n`).join('') });
const leftOut = ({ told }: Move) => told.filter((line) => line.startsWith('Left out'));

describe('queues of a log', () => {
  it('are the same before and after the reference has made it anew', async () => {
    const ids = [...queueLog.matchAll(/rid=(\S+)/g)].map(([, rcvId]) => rcvId!);
    const all = async (log: string) => {
      const move = await moved({ 'smp-server-store.log': log });
      expect(move.told).toContain(
        'Moved: 4 queues, 1 link, 1 notifier, 1 service, 0 messages, 0 markers of full queues.',
      );
      expect(leftOut(move)).toEqual([]);
      return Promise.all(ids.map((rcvId) => queueOf(move, rcvId)));
    };
    const before = await all(queueLog);
    expect(before).toEqual(await all(recorded('queue-log-compacted')));
    expect(before.filter((queue) => queue === undefined)).toHaveLength(1);
    expect(before.map((queue) => queue?.status.kind)).toEqual(['active', 'active', 'off', undefined, 'active']);
    expect(before[1]?.rcvAuthKeys.map(({ algorithm }) => algorithm)).toEqual(['ed25519', 'ed448']);
    expect(before[4]?.notifier?.serviceId).toBeDefined();
  });

  it('are for one sender or for contacts, also when the log is older than modes', async () => {
    const ids = Array.from({ length: 6 }, id);
    const move = await moved(
      logs(
        create(ids[0]!, '', SENDER_KEY),
        create(ids[1]!),
        create(ids[2]!),
        `SECURE ${ids[2]} ${SENDER_KEY}`,
        create(ids[3]!, ' sndSecure=T'),
        create(ids[4]!, ' sndSecure=F'),
        create(ids[5]!, ' queue_mode=C'),
        `SECURE ${ids[5]} ${SENDER_KEY}`,
      ),
    );
    const queues = await Promise.all(ids.map((rcvId) => queueOf(move, rcvId)));
    const [messaging, contact] = ['messaging', 'contact'];
    expect(queues.map((queue) => queue?.mode)).toEqual([messaging, contact, messaging, messaging, contact, contact]);
  });

  it('stay blocked, with reason and notice, until they are unblocked', async () => {
    const [first, second, third, fourth] = [id(), id(), id(), id()] as const;
    const service = ` rsrv=${id()}`;
    const move = await moved(
      logs(
        create(first, ` status=blocked,reason=content,notice={"ttl":86400}${service}`),
        create(second),
        `BLOCK ${second} reason=spam`,
        create(third),
        `BLOCK ${third} reason=spam`,
        `UNBLOCK ${third}`,
        create(fourth),
        `TIME ${fourth} 1795651200`,
        `QUEUE_SERVICE ${fourth} R ${id()}`,
        `QUEUE_SERVICE ${fourth} R `,
      ),
    );
    expect(leftOut(move)).toEqual([]);
    const blocked = (reason: string, notice?: string) => ({ kind: 'blocked', info: { reason, notice } });
    const queue = await queueOf(move, first);
    expect(queue?.status).toEqual(blocked('content', '{"ttl":86400}'));
    expect(queue?.serviceId).toHaveLength(24);
    expect((await queueOf(move, second))?.status).toEqual(blocked('spam'));
    expect((await queueOf(move, third))?.status).toEqual({ kind: 'active' });
    expect((await queueOf(move, fourth))?.serviceId).toBeUndefined();
  });

  it('are told by line when they cannot be taken, and never by id', async () => {
    const known = id();
    const [absent, taken] = [id(), id()];
    const lines = [
      create(known, ` queue_mode=M link_id=${taken} queue_data=Zg== dQ==`),
      'NONSENSE of some length',
      `SECURE ${absent} ${SENDER_KEY}`,
      create(known, ' queue_mode=M'),
      `SUSPEND ${known.slice(4)}`,
      `KEYS ${known} MCowBQ==`,
      create(id(), ' queue_mode=X'),
      create(id(), ' status=gone'),
      `SUSPEND ${known} and more`,
      `LINK ${known} ${id()} Zg== dQ==`,
      'x'.repeat(2_000_000),
      `QUEUE_SERVICE ${known} N ${id()}`,
      `BLOCK ${known} reason=weather`,
      `DELETE ${absent}`,
    ];
    const move = await moved({ 'smp-server-store.log': `${lines.join('\n')}\nDELETE ${known}` });
    const because = (why: string, where: string) => `Left out: 1 × smp-server-store.log: ${why} (line ${where})`;
    const out = leftOut(move);
    for (const line of [
      because('not readable: it is of an unknown kind', '2'),
      because('a queue with an id that is taken', '4'),
      because('not readable: id of the queue is not 24 bytes long', '5'),
      because('not readable: key of the recipient is not a key', '6'),
      because('not readable: queue mode is unknown', '7'),
      because('not readable: status is unknown', '8'),
      because('not readable: it has extra words at its end', '9'),
      because('a link that is taken, or differs from that of its queue', '10'),
      because('too long', '11'),
      because('of a missing queue, or has no notifier', '12'),
      because('not readable: the reason of blocking is unknown', '13'),
      because('cut off', '15'),
      'Left out: 2 × smp-server-store.log: of a missing queue (line 3, 14)',
    ]) {
      expect(out).toContain(line);
    }
    expect(out).toHaveLength(13);
    const said = move.told.join('\n');
    for (const secretText of [known, absent, taken]) expect(said).not.toContain(secretText);
    expect((await queueOf(move, known))?.status).toEqual({ kind: 'active' });
  });
});

describe('messages of a log', () => {
  const files = (log: string) => ({ 'smp-server-store.log': queueLog, 'smp-server-messages.log': log });

  it('keep order, time, flags and markers of full queues', async () => {
    const move = await moved(files(`${messageLog}v3 ${RCV_ID} ${id()} 1795660900 quota\n`));
    const messages = await messagesOf(move, RCV_ID);
    expect(messages.map(textOf)).toEqual(['two', 'three', 'quota']);
    const flags = messages.map(({ content }) => content.kind === 'message' && content.flags.notification);
    expect(flags).toEqual([true, false, false]);
    const times = [...messageLog.matchAll(/ (\d{10}) /g)].map(([, time]) => Number(time));
    expect(messages.map(({ timestamp }) => timestamp)).toEqual([...times, 1_795_660_900]);
  });

  it('leave out what is damaged', async () => {
    const lines = [
      `v2 ${RCV_ID} ${id()} 1 flags=T dHdv`,
      `v3 ${id()} ${id()} 1 flags=T dHdv`,
      `v3 ${RCV_ID} ${id()} now flags=T dHdv`,
      `v3 ${RCV_ID} ${id()} 1 flags=T dHd*`,
      `v3 ${RCV_ID} ${id()} 1 dHdv`,
      `v3 ${RCV_ID} ${id()} 1 flags=T dH`,
    ];
    const move = await moved(files(`${messageLog}${lines.join('\n')}`));
    expect(await texts(move, RCV_ID)).toEqual(['two', 'three', 'two']);
    expect(leftOut(move)).toEqual([
      'Left out: 1 × smp-server-messages.log: not readable: it is of an unknown version (line 3)',
      'Left out: 1 × smp-server-messages.log: a message of a missing queue (line 4)',
      'Left out: 1 × smp-server-messages.log: not readable: time of the message is not a number (line 5)',
      'Left out: 1 × smp-server-messages.log: not readable: body of the message is not base64url (line 6)',
      'Left out: 1 × smp-server-messages.log: cut off (line 8)',
    ]);
  });
});

describe('journals', () => {
  const [, journal, queue] = /write=([^,]+),.*/s
    .exec(journalState)!
    .concat(/rid=(\S+)/.exec(recorded('journal-queue-log'))![1]!) as [string, string, string];
  const folder = `messages/${[queue.slice(0, 2), queue.slice(2, 4), queue.slice(4)].join('/')}`;

  function journals(state: string, parts: Readonly<Record<string, string>> = { [journal]: journalMessages }) {
    return moved({
      'smp-server-store.log': recorded('journal-queue-log'),
      [`${folder}/queue_state.${queue}.log`]: state,
      [`${folder}/queue_state.${queue}.log.2026-01-01T00:00:00Z.bak`]: 'old',
      ...Object.fromEntries(Object.entries(parts).map(([name, text]) => [`${folder}/messages.${name}.log`, text])),
    });
  }

  it('give what is not read yet', async () => {
    const move = await journals(journalState);
    expect(move.told).toContain(
      'Moved: 1 queue, 0 links, 0 notifiers, 0 services, 2 messages, 0 markers of full queues.',
    );
    expect(await texts(move, queue)).toEqual(['two', 'three']);
  });

  it('go on from one to the next', async () => {
    const lines = journalMessages.split('\n');
    const size = lines.slice(0, 2).join('\n').length + 1;
    const next = `${lines[2]}\n`;
    const state = `write=next,1,1,${next.length},${next.length} read=${journal},1,2,${lines[0]!.length + 1},${size} canWrite=T size=2\n`;
    const move = await journals(state, {
      [journal]: journalMessages,
      next: `${next}and what was not written to its end`,
    });
    expect(leftOut(move)).toEqual([]);
    expect(await texts(move, queue)).toEqual(['two', 'three']);
  });

  it('count as their last whole state says', async () => {
    const move = await journals(journalState.slice(0, -20));
    expect(await texts(move, queue)).toEqual(['one', 'two', 'three']);
    const none = await journals('write=nonsense\n');
    expect(leftOut(none)).toEqual(['Left out: 1 × journals: a queue whose state is not readable']);
    expect(await texts(await journals(''), queue)).toEqual([]);
  });

  it('give what is whole of one that is cut off, and tell the rest', async () => {
    const move = await journals(journalState, { [journal]: journalMessages.slice(0, -5) });
    expect(await texts(move, queue)).toEqual(['two']);
    const missing = 'journals: a message that is missing, because its journal is truncated or missing';
    expect(leftOut(move)).toEqual([`Left out: 1 × ${missing}`]);
    expect(leftOut(await journals(journalState, {}))).toEqual([`Left out: 2 × ${missing}`]);
  });
});

describe('an import', () => {
  const files = { 'smp-server-store.log': queueLog, 'smp-server-messages.log': messageLog };

  it('takes identity and configuration, and certificates for browsers that lie beside them', async () => {
    const move = server(files, '[WEB]\nhttps: 443\ncert: /elsewhere/web.crt\n');
    const web = join(move.from.config, 'web.key');
    writeFileSync(web, 'key');
    const ini = join(move.from.config, 'smp-server.ini');
    writeFileSync(ini, `${readFileSync(ini, 'utf8')}key: ${web}\n`);
    await move.run();
    for (const name of ['ca.crt', 'ca.key', 'server.crt', 'server.key', 'fingerprint', 'web.key']) {
      expect(readFileSync(join(move.to.config, name))).toEqual(readFileSync(join(move.from.config, name)));
    }
    expect(readConfiguration(move.to.config).web.https).toEqual({
      port: 443,
      certificatePath: '/elsewhere/web.crt',
      keyPath: join(move.to.config, 'web.key'),
    });
    const fingerprint = readFileSync(join(move.from.config, 'fingerprint'), 'utf8').trim();
    expect(move.told.join('\n')).toContain(`Server address, as before: smp://${fingerprint}@smp.example.com`);
  });

  it('finds certificates of a copied folder under the paths of the old place', async () => {
    const old = '/etc/opt/simplex-of-another-machine';
    const ini = `[WEB]\nhttps = 443\ncert = ${old}/tls/web.crt\nkey: ${old}/web.key\n`;
    const move = server(files, ini);
    mkdirSync(join(move.from.config, 'tls'));
    writeFileSync(join(move.from.config, 'tls', 'web.crt'), 'certificate');
    writeFileSync(join(move.from.config, 'web.key'), 'key');
    await move.run();
    const { https } = readConfiguration(move.to.config).web;
    expect(https).toEqual({
      port: 443,
      certificatePath: join(move.to.config, 'web.crt'),
      keyPath: join(move.to.config, 'web.key'),
    });
    expect(readFileSync(https!.certificatePath, 'utf8')).toBe('certificate');
    expect(readFileSync(https!.keyPath, 'utf8')).toBe('key');
    expect(move.told.join('\n')).toContain(
      `"cert" of [WEB] is ${https!.certificatePath}: what renews certificates has to write it there from now on.`,
    );
  });

  it('takes certificates that are named from the folder itself, and two of one name', async () => {
    const move = server(files, '[WEB]\nhttps = 443\ncert = a/web.pem\nkey = b/web.pem\n');
    for (const folder of ['a', 'b']) {
      mkdirSync(join(move.from.config, folder));
      writeFileSync(join(move.from.config, folder, 'web.pem'), folder);
    }
    await move.run();
    const { certificatePath, keyPath } = readConfiguration(move.to.config).web.https!;
    expect([certificatePath, keyPath].map((path) => readFileSync(path, 'utf8'))).toEqual(['a', 'b']);
  });

  it('says which certificates it leaves where they are, and which it cannot find', async () => {
    const elsewhere = join(root, 'live.pem');
    writeFileSync(elsewhere, 'certificate');
    const move = server(files, `[WEB]\nhttps = 443\ncert = ${elsewhere}\nkey = /nowhere/privkey.pem\n`);
    await move.run();
    const told = move.told.join('\n');
    expect(told).toContain(`"cert" of [WEB] is ${elsewhere}, where it stays: the user`);
    expect(told).toContain('"key" of [WEB] is /nowhere/privkey.pem, where there is no file: no pages are served');
  });

  it('opens no server that was closed, and tells the lines that do not count', async () => {
    const move = server(files, '[AUTH] # closed\nnew_queues = off\ncreate_password = a\nnew_queues = on\n');
    await move.run();
    expect(readConfiguration(move.to.config)).toMatchObject({ newQueues: false, password: 'a' });
    expect(move.told.join('\n')).toMatch(/line 7 of \S+smp-server.ini: "new_queues" is ignored: the first/);
  });

  it('says where the other server is looked for when there is none', async () => {
    const move = server(files);
    rmSync(join(move.from.config, 'smp-server.ini'));
    await expect(move.run()).rejects.toThrow(
      `There is no smp-server.ini of the official program in ${move.from.config}: give its folder with --from-config.`,
    );
  });

  it('can be begun again when it did not come to its end, and no server starts before', async () => {
    const move = server(files);
    const unfinished = join(move.to.data, 'store.new');
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(join(unfinished, 'data.mdb'), 'half');
    mkdirSync(move.to.config, { recursive: true });
    writeFileSync(join(move.to.config, 'ca.crt'), readFileSync(join(move.from.config, 'ca.crt')));
    const configuration = readConfiguration(move.from.config);
    expect(() => openStore(move.to.data, configuration, systemClock)).toThrow(/was not finished/);
    await move.run();
    expect(move.told).toContain('Restarting an import that was not finished.');
    expect(existsSync(unfinished)).toBe(false);
    expect(await texts(move, RCV_ID)).toEqual(['two', 'three']);
    await openStore(move.to.data, configuration, systemClock).store.close();
    await expect(move.run()).rejects.toThrow(/There are queues in .* already/);
  });

  it('leaves the other server as it was, and reads what it would read after a start that was cut off', async () => {
    const move = await moved({ ...files, 'smp-server-store.log': '', 'smp-server-store.log.start': queueLog });
    expect(move.told.join('\n')).toContain('The last start of the server was interrupted');
    expect(await texts(move, RCV_ID)).toEqual(['two', 'three']);
    expect(readFileSync(join(move.from.data, 'smp-server-store.log.start'), 'utf8')).toBe(queueLog);
    expect(readFileSync(join(move.from.data, 'smp-server-messages.log'), 'utf8')).toBe(messageLog);
  });

  it('tells that messages were not written down', async () => {
    const move = await moved({ 'smp-server-store.log': queueLog, 'smp-server-messages.log.bak': messageLog });
    expect(move.told.join('\n')).toContain('messages that waited are not moved');
  });

  it('of a server that keeps nothing brings its identity', async () => {
    const move = await moved({}, '[STORE_LOG]\nenable: off\n');
    expect(move.told).toContain('It kept no queues: [STORE_LOG] is off.');
    expect(existsSync(join(move.to.config, 'ca.crt'))).toBe(true);
  });

  it.each([
    ['there is no queue log', {}, '', 'There is no smp-server-store.log'],
    ['there are two stores of messages', { ...files, 'messages/x': '' }, '', 'remove the outdated one'],
    ['data are in a database', files, '[STORE_LOG]\nstore_queues: database\n', 'smp-server database export'],
  ])('is refused when %s', async (_, data, ini, why) => {
    const move = server(data, ini);
    await expect(move.run()).rejects.toThrow(why);
    expect(existsSync(move.to.config)).toBe(false);
  });

  it('is refused over another server, in the same folder, and while the other runs', async () => {
    const move = server(files);
    mkdirSync(move.to.config, { recursive: true });
    writeFileSync(join(move.to.config, 'ca.crt'), 'another');
    await expect(move.run()).rejects.toThrow('There is another server already');
    rmSync(move.to.config, { recursive: true });
    await expect(importServer(move.from, { ...move.to, data: move.from.data }, () => {})).rejects.toThrow(
      'choose another one',
    );
    const log = openSync(join(move.from.data, 'smp-server-store.log'), 'r');
    await expect(move.run()).rejects.toThrow(HostingError);
    await expect(move.run()).rejects.toThrow('The server still runs');
    closeSync(log);
    await move.run();
  });

  it('may leave the configuration where it is', async () => {
    const move = server(files);
    const before = readFileSync(join(move.from.config, 'smp-server.ini'), 'utf8');
    await importServer(move.from, { config: move.from.config, data: move.to.data }, () => {});
    expect(readFileSync(join(move.from.config, 'smp-server.ini'), 'utf8')).toBe(before);
    expect(await texts(move, RCV_ID)).toEqual(['two', 'three']);
  });
});
