/** What a contact can have us keep, whatever it sends. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ConnId, MsgId } from '../../../../src/agent/index.ts';
import type { ChatId } from '../../../../src/chat/api/index.ts';
import { encodeChatBody, initCompression } from '../../../../src/chat/protocol/index.ts';
import { utf8 } from '../../../../src/encoding/index.ts';
import { LonelyChat } from '../../../harness/lonely-chat.ts';

let here: LonelyChat;
let bob: ChatId;
let received = 0;

beforeEach(async () => {
  await initCompression();
  here = new LonelyChat();
  bob = here.addContact('bob');
});

function receiveBody(body: Uint8Array): void {
  const msgId = (10_000 + ++received) as MsgId;
  const meta = { integrity: { kind: 'ok' }, sndMsgId: received, brokerTs: 0, receivedAt: 0, pq: false } as const;
  here.handle({ kind: 'message', connId: 'bob' as ConnId, msgId, meta, body });
}

const rows = () => here.sql.get<{ n: number }>('SELECT count(*) AS n FROM kept_events')!.n;
const unknown = (n: number, more = '') => ({
  versions: undefined,
  msgId: undefined,
  event: { kind: 'unknown', event: 'x.new.thing', params: { n, more } } as const,
});

describe('of one contact', () => {
  it('the newest 256 events that this version does nothing with are kept', () => {
    here.addContact('carol');
    here.receive('carol', unknown(0).event);
    for (let n = 0; n < 300; n++) here.receive('bob', unknown(n).event);
    expect(rows()).toBe(257);
    const oldest = here.sql.get<{ message: Uint8Array }>(
      'SELECT message FROM kept_events WHERE chat_id = ? ORDER BY event_id LIMIT 1',
      bob,
    );
    expect(Buffer.from(oldest!.message).toString()).toContain('"n":44');
  });

  it('a compressed body adds no more rows than a batch has room for', () => {
    const body = encodeChatBody(
      Array.from({ length: 1_000 }, (_, n) => unknown(n)),
      { compress: true },
    );
    expect(body.length).toBeLessThan(13_380);
    receiveBody(body);
    expect(rows()).toBe(256);
  });

  it('an event that is larger than a message is not kept', () => {
    receiveBody(encodeChatBody(unknown(1, 'a'.repeat(17_000)), { compress: true }));
    receiveBody(encodeChatBody(unknown(2, 'a'.repeat(15_000)), { compress: true }));
    expect(rows()).toBe(1);
  });

  it.each([
    ['elements that are nothing', utf8(`[${Array(6_000).fill('0').join(',')}]`)],
    ['parts of files', Uint8Array.from([0x3d, 255, ...Array(255).fill([0, 1, 0x46]).flat()])],
    ['parts of files and nonsense', Uint8Array.from([0x3d, 4, 0, 1, 0x46, 0, 1, 0x21, 0, 1, 0x46, 0, 1, 0x21])],
  ])('one line stands for all that cannot be read of a message: %s', (_, body) => {
    receiveBody(body);
    expect(here.chat.items(bob, 1_000).map(({ notice, text }) => notice ?? text)).toEqual(['unreadable']);
  });
});
