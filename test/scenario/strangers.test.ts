/** Peers that send what Sotto does not know, or what nobody should: nothing is fatal, and the talk goes on. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  Agent,
  type AgentEvent,
  agentMigrations,
  type ConnId,
  idleKemKeyPairMaker,
  KemKeyPairs,
  openDatabase,
} from '../../src/agent/index.ts';
import { silentLogger, systemClock } from '../../src/base/index.ts';
import { chatVersions, encodeChatBody, simpleContainer, textContent } from '../../src/chat/index.ts';
import { chatMigrations } from '../../src/chat/store/index.ts';
import { generateSntrup761, sntrup761, systemRandom } from '../../src/crypto/index.ts';
import { fromUtf8, utf8 } from '../../src/encoding/index.ts';
import { gathering } from '../harness/gathering.ts';
import { EventLog, noSignal, type Person, smpClient, temporaryFolder } from '../harness/people.ts';

const here = gathering();

/** An agent without a chat: says anything. */
async function stranger(
  to: Person,
): Promise<{ say(body: Uint8Array): void; heard: EventLog<AgentEvent>; stop(): Promise<void> }> {
  const heard = new EventLog<AgentEvent>();
  const database = openDatabase(':memory:', { kind: 'raw', key: new Uint8Array(32) }, agentMigrations);
  const agent = new Agent({
    database,
    smp: smpClient,
    servers: [{ server: here.server.address, password: undefined }],
    clock: systemClock,
    random: systemRandom,
    kem: sntrup761,
    kemKeyPairs: new KemKeyPairs(idleKemKeyPairMaker(), () => generateSntrup761(systemRandom)),
    logger: silentLogger,
    onEvent(event) {
      heard.add(event);
      if (event.kind === 'message') agent.ackMessage(event.connId, event.msgId, { receipt: false });
    },
  });
  const { link } = await to.chat.createInvitation(noSignal);
  const options = { pq: true, stored: () => {}, removed: () => {} };
  const connId: ConnId = await agent.joinConnection(
    link,
    utf8('{"v":"1-15","event":"x.odd","params":{}}'),
    options,
    noSignal,
  );
  await heard.first((e) => e.kind === 'connected', 'connected');
  return {
    heard,
    say: (body) => void agent.sendMessage(connId, body, { notification: true, pq: undefined }),
    async stop() {
      await agent.stop();
      database.close();
    },
  };
}

const text = (words: string) => ({
  versions: chatVersions,
  msgId: undefined,
  event: { kind: 'x.msg.new', container: simpleContainer(textContent(words)) } as const,
});

describe('a stranger', () => {
  it('without a profile, with garbage, and with events of the future is talked to', async () => {
    const databasePath = join(temporaryFolder(), 'alice.db');
    const alice = await here.meet('alice', { databasePath });
    const odd = await stranger(alice);
    await alice.events.first((e) => e.kind === 'contactConnected', 'connected');
    const bodies: Uint8Array[] = [
      utf8('not even JSON'),
      new Uint8Array(0),
      utf8('{"event":"x.future.thing","params":{"deep":[1,2,{"a":null}]}}'),
      utf8('{"event":"x.msg.new","params":{"content":{"type":"hologram","text":"a hologram","size":7}}}'),
      utf8('{"event":"x.info","params":{}}'),
      utf8('{"event":"x.msg.del","params":{"msgId":"AAAA"}}'),
      utf8('[{"event":"x.msg.new","params":{"content":{"type":"text","text":"one of a batch"}}},{"event":5},[]]'),
      systemRandom.bytes(500),
      Uint8Array.of(0x58, 1, 0x31, 0, 4, 1, 2, 3, 4),
      encodeChatBody(text('compressed'), { compress: true }),
      encodeChatBody([text('first of two'), text('second of two')], { compress: false }),
      utf8(
        '{"event":"x.info","params":{"profile":{"displayName":"\\u001b[31mred\\u0007@all","fullName":"","future":true}}}',
      ),
      encodeChatBody(text('the end'), { compress: false }),
    ];
    for (const body of bodies) odd.say(body);
    await alice.events.until(() => alice.received().includes('the end'), 'all received');
    const received = alice.received();
    for (const each of ['a hologram', 'one of a batch', 'compressed', 'first of two', 'second of two']) {
      expect(received.filter((line) => line === each)).toEqual([each]);
    }
    expect(received.filter((line) => line === 'unreadable').length).toBeGreaterThanOrEqual(4);
    // The name is made safe to show and to type.
    expect(alice.contact().localName).not.toMatch(/\p{Cc}|^@/u);
    alice.chat.sendText(alice.contact().chatId, 'fine');
    const answer = await odd.heard.first((e) => e.kind === 'message', 'an answer');
    expect(answer.kind === 'message' && new TextDecoder().decode(answer.body)).toContain('"text":"fine"');
    await odd.stop();
    // What nothing could be done with is kept as it came.
    await here.leave(alice);
    const key = { kind: 'raw', key: new Uint8Array(32).fill(7) } as const;
    const sql = openDatabase(databasePath, key, [...agentMigrations, ...chatMigrations]);
    const kept = sql
      .all<{ message: Uint8Array }>('SELECT message FROM kept_events')
      .map((row) => JSON.parse(fromUtf8(row.message)));
    sql.close();
    expect(kept).toContainEqual({ event: 'x.future.thing', params: { deep: [1, 2, { a: null }] } });
  });

  it('who edits, and who shows a message while it is typed, is seen to say it once', async () => {
    const alice = await here.meet('alice');
    const odd = await stranger(alice);
    const event = (kind: string, msgId: string, params: object) => utf8(JSON.stringify({ msgId, event: kind, params }));
    const content = (words: string) => ({ content: { type: 'text', text: words } });
    odd.say(event('x.msg.new', 'AAAAAAAAAAAAAAAA', { ...content('hel'), live: true }));
    odd.say(event('x.msg.update', 'BBBBBBBBBBBBBBBB', { ...content('hello'), msgId: 'AAAAAAAAAAAAAAAA' }));
    odd.say(
      event('x.msg.update', 'CCCCCCCCCCCCCCCC', { ...content('edited, never seen before'), msgId: 'DDDDDDDDDDDDDDDD' }),
    );
    odd.say(event('x.call.inv', 'EEEEEEEEEEEEEEEE', { callId: 'AAAA', invitation: {} }));
    await alice.events.until(() => alice.received().length >= 3, 'all received');
    expect(alice.received()).toEqual(['hello', 'edited, never seen before', 'call']);
    expect(alice.events.all.find((e) => e.kind === 'messageUpdated')).toMatchObject({ item: { text: 'hello' } });
    await odd.stop();
  });

  it('who deletes the connection and comes back with nothing is gone', async () => {
    const alice = await here.meet('alice');
    const odd = await stranger(alice);
    await alice.events.first((e) => e.kind === 'contactConnected', 'connected');
    odd.say(encodeChatBody({ ...text(''), event: { kind: 'x.direct.del', other: {} } }, { compress: false }));
    await alice.events.first((e) => e.kind === 'contactDeletedByPeer', 'deleted');
    odd.say(encodeChatBody(text('still here?'), { compress: false }));
    await odd.heard.first((e) => e.kind === 'sendFailed', 'refused');
    expect(alice.received()).toEqual([]);
    await odd.stop();
  });
});
