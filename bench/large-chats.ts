/**
 * A chat's database with many contacts and messages. One contact is real; the connections of the others are copies of its
 * rows with ids of their own, whose sealed messages nobody reads.
 */
import { type ConnId, type Database, type MsgId, openDatabase, threadKemKeyPairMaker } from '#sotto/agent';
import { silentLogger, systemClock } from '#sotto/base';
import {
  type Chat,
  type ChatEventHandler,
  type ChatId,
  encodeContainer,
  type JsonObject,
  migrations,
  openChat,
  type SharedMsgId,
  simpleContainer,
  textContent,
} from '#sotto/chat';
import { findContact, insertContact, insertItem, setContactProfile } from '#sotto/chat/store';
import { sntrup761, systemRandom } from '#sotto/crypto';
import type { QueueDouble } from './queue-double.ts';

export const CONTACTS = 2_000;
export const MESSAGES = 100_000;
/** Messages of the real contact, and of another one. */
export const LARGE_CHAT = 20_000;
/** Contacts whose security codes were compared. */
export const VERIFIED = 1_000;
/** Messages that were not read: the last of all. */
const UNREAD = 1_000;

export const FREQUENT_WORD = 'the';
export const RARE_WORD = 'quicksilver';
export const TWO_CHARACTERS = 'th';
export const CJK_WORD = '今日は';
const WORDS =
  'the of and to in is that for it with as on be at this from we you they there then than these time when what about into over bridge river market window garden letter coffee winter summer report meeting ticket station harbour café naïve übermorgen привет завтра'.split(
    ' ',
  );
const CJK = '今日は天気がいいから散歩に行きましょう明日会議駅で待っている本を読む'.split('');
const RARE_EVERY = 20_000;
const CJK_EVERY = 10;

const KEY = { kind: 'raw', key: new Uint8Array(32) } as const;
const ADDRESS = `smp://${'A'.repeat(43)}=@queue-double.invalid`;

/** Numbers from 0 up to 1, the same in every run. */
function fraction(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Texts of 1 to some 120 words, most of them short. */
function textMaker(): () => string {
  const next = fraction();
  let made = 0;
  return () => {
    made++;
    const count = 1 + Math.floor(next() ** 4 * 120);
    if (made % CJK_EVERY === 0) {
      const run = Array.from({ length: 3 + count }, () => CJK[Math.floor(next() * CJK.length)]).join('');
      return made % (CJK_EVERY * 10) === 0 ? CJK_WORD + run : run;
    }
    // The first words are the most frequent ones.
    const words = Array.from({ length: count }, () => WORDS[Math.floor(next() ** 2 * WORDS.length)]!);
    return [...(made % RARE_EVERY === 1 ? [RARE_WORD] : []), ...words].join(' ');
  };
}

export function openPerson(server: QueueDouble, path: string, onEvent: ChatEventHandler = () => {}): Promise<Chat> {
  return openChat({
    databasePath: path,
    key: KEY,
    servers: [ADDRESS],
    smp: (events) => server.client(events),
    kem: sntrup761,
    kemKeyPairMaker: threadKemKeyPairMaker(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onEvent,
  });
}

/** The database of a chat that is closed. */
export const openTables = (path: string): Database => openDatabase(path, KEY, migrations);

/** Waits until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Makes the database at `path`; returns a running chat of the real contact, and the chats with the most messages. */
export async function makeLargeChats(
  server: QueueDouble,
  path: string,
): Promise<{ readonly bob: Chat; readonly real: ChatId; readonly other: ChatId }> {
  const connected = new Set<string>();
  const whenConnected =
    (name: string): ChatEventHandler =>
    ({ kind }) => {
      if (kind === 'contactConnected') connected.add(name);
    };
  const alice = await openPerson(server, path, whenConnected('alice'));
  const bob = await openPerson(server, ':memory:', whenConnected('bob'));
  await alice.profiles.create({ displayName: 'alice' });
  await bob.profiles.create({ displayName: 'bob' });
  alice.start();
  bob.start();
  const { link, contact } = await alice.contacts.invite();
  await bob.contacts.connect({ link });
  await until(() => connected.size === 2 && alice.idle() && bob.idle());
  // A message in each direction: from now on each side has a chain of the ratchet to send with.
  await alice.messages.send({ chatId: contact.chatId, text: 'hello' });
  await until(() => alice.idle() && bob.idle());
  await bob.messages.send({ chatId: (await bob.contacts.list({ count: 1 })).contacts[0]!.chatId, text: 'hello' });
  await until(() => alice.idle() && bob.idle());
  await alice.contacts.verify({
    chatId: contact.chatId,
    code: (await alice.contacts.securityCode({ chatId: contact.chatId })).code,
  });
  await alice.stop();
  const sql = openTables(path);
  const others = Array.from({ length: CONTACTS - 1 }, (_, i) => copyContact(sql, contact.chatId, i));
  const other = others[0]!;
  insertMessages(sql, [
    ...Array<ChatId>(LARGE_CHAT).fill(contact.chatId),
    ...Array<ChatId>(LARGE_CHAT).fill(other),
    ...Array.from({ length: MESSAGES - 2 * LARGE_CHAT }, (_, i) => others[1 + (i % (CONTACTS - 2))]!),
  ]);
  sql.run('UPDATE items SET unread = 0 WHERE item_id <= (SELECT max(item_id) FROM items) - ?', UNREAD);
  sql.run(
    'UPDATE contacts SET verified_code = NULL WHERE chat_id NOT IN (SELECT chat_id FROM contacts ORDER BY chat_id LIMIT ?)',
    VERIFIED,
  );
  sql.close();
  return { bob, real: contact.chatId, other };
}

/** A contact with the keys and the ratchet of another one. */
function copyContact(sql: Database, from: ChatId, number: number): ChatId {
  const template = findContact(sql, from)!;
  const name = `contact ${number}`;
  const connId = `copy-${number}` as ConnId;
  return sql.transaction(() => {
    copyRow(sql, 'connections', template.connId!, { conn_id: connId });
    copyRow(sql, 'ratchets', template.connId!, { conn_id: connId });
    const ids = { rcv_id: systemRandom.bytes(24), snd_id: systemRandom.bytes(24) };
    copyRow(sql, 'rcv_queues', template.connId!, { conn_id: connId, rcv_queue_id: null, ...ids });
    copyRow(sql, 'snd_queues', template.connId!, {
      conn_id: connId,
      snd_queue_id: null,
      snd_id: systemRandom.bytes(24),
    });
    const chatId = insertContact(sql, { connId, localName: name, state: 'connected' }, Date.now());
    setContactProfile(sql, chatId, { ...template.profile!, displayName: name }, name);
    sql.run(
      `UPDATE contacts SET (chat_version, pq, verified_code) =
        (SELECT chat_version, pq, verified_code FROM contacts WHERE chat_id = ?) WHERE chat_id = ?`,
      ...[from, chatId],
    );
    return chatId;
  });
}

/** The row of a connection once more, with some columns changed. */
function copyRow(
  sql: Database,
  table: string,
  connId: ConnId,
  changed: Readonly<Record<string, string | Uint8Array | null>>,
): void {
  const columns = sql.all<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`).map(({ name }) => name);
  const values = columns.map((name) => (name in changed ? '?' : name));
  const params = columns.flatMap((name) => (name in changed ? [changed[name]!] : []));
  sql.run(
    `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM ${table} WHERE conn_id = ?`,
    ...params,
    connId,
  );
}

const AT_ONCE = 1_000;

/** A message in each of the chats, in this order; every other one is received. */
function insertMessages(sql: Database, chats: readonly ChatId[]): void {
  const nextText = textMaker();
  const contacts = new Map([...new Set(chats)].map((chatId) => [chatId, findContact(sql, chatId)!]));
  const start = Date.now() - chats.length * 1_000;
  for (let begin = 0; begin < chats.length; begin += AT_ONCE) {
    sql.transaction(() => {
      for (const [i, chatId] of chats.slice(begin, begin + AT_ONCE).entries()) {
        const number = begin + i;
        const { authorId, connId } = contacts.get(chatId)!;
        const text = nextText();
        const sent = number % 2 === 0;
        insertItem(sql, {
          chatId,
          authorId: sent ? undefined : authorId,
          connId: connId!,
          // Behind the numbers of the real messages.
          msgId: (1_000_000 + number) as MsgId,
          position: 0,
          sharedMsgId: Buffer.from(systemRandom.bytes(12)).toString('base64url') as SharedMsgId,
          timestamp: start + number * 1_000,
          text,
          notice: undefined,
          event: encodeContainer(simpleContainer(textContent(text))) as JsonObject,
          edited: false,
          direction: sent
            ? { kind: 'sent', status: { kind: 'delivered', intact: true } }
            : { kind: 'received', integrity: { kind: 'ok' } },
        });
      }
    });
  }
}

/** As after a migration of a database without an index: nothing is indexed. */
export function forgetIndex(sql: Database): void {
  sql.transaction(() => {
    const trigger = sql.get<{ sql: string }>("SELECT sql FROM sqlite_master WHERE name = 'items_words_update'")!.sql;
    sql.run('DROP TRIGGER items_words_update');
    sql.run("INSERT INTO item_words (item_words) VALUES ('delete-all')");
    sql.run('UPDATE items SET words = NULL');
    sql.run(trigger);
  });
}
