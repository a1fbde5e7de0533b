import { beforeAll, describe, expect, it } from 'vitest';
import * as p from '../../../../src/chat/protocol/index.ts';
import { fromUtf8, toHex, utf8 } from '../../../../src/encoding/index.ts';
import { bytesFrom, hex, vectors } from '../../../harness/vectors.ts';

interface ChatVectors {
  readonly compressed: readonly {
    readonly name: string;
    readonly body?: string;
    readonly compressedItem?: string;
    readonly plain: string;
  }[];
  readonly events: readonly { readonly name: string; readonly json: string }[];
  readonly limits: Record<string, number>;
  readonly msgId: string;
  readonly securityCode: { readonly bytes: string; readonly code: string };
  readonly version: string;
}

const v = vectors<ChatVectors>('chat');
const decodeOne = (body: Uint8Array): p.ChatMessage => {
  const [first, ...others] = p.decodeChatBody(body);
  if (first?.kind !== 'message' || others.length > 0) throw new Error(JSON.stringify(first));
  return first.message;
};

beforeAll(() => p.initCompression());

describe('events of the reference', () => {
  it.each(v.events.map((e): [string, string] => [e.name, e.json]))('%s, both ways', (_, json) => {
    const message = decodeOne(utf8(json));
    expect(message.versions).toEqual({ min: 1, max: 15 });
    expect(message.msgId).toBe(p.sharedMsgId(hex(v.msgId)));
    expect(fromUtf8(p.encodeChatMessage(message))).toBe(json);
  });

  it('knows what it acts on', () => {
    const kinds = new Map(v.events.map((e) => [e.name, decodeOne(utf8(e.json)).event]));
    expect(kinds.get('text')).toMatchObject({ kind: 'x.msg.new', container: { content: p.textContent('hello') } });
    expect(kinds.get('text with ttl 3600 and live')).toMatchObject({ container: { ttl: 3600, live: true } });
    expect(kinds.get('reply')).toMatchObject({ container: { quote: { content: { text: 'hello there!' } } } });
    expect(kinds.get('forwarded')).toMatchObject({ container: { forward: true } });
    expect(kinds.get('image')).toMatchObject({ container: { content: { kind: 'image', text: 'caption' } } });
    expect(kinds.get('voice 65 s')).toMatchObject({ container: { content: { kind: 'voice', duration: 65 } } });
    expect(kinds.get('update')).toMatchObject({ kind: 'x.msg.update', content: p.textContent('edited') });
    expect(kinds.get('react')).toMatchObject({ kind: 'x.msg.react', add: true, reaction: { emoji: '👍' } });
    expect(kinds.get('info')).toMatchObject({
      kind: 'x.info',
      profile: {
        displayName: 'alice',
        preferences: { timedMessages: { allow: 'yes', ttl: 3600 }, calls: { allow: 'no' }, fullDelete: undefined },
      },
    });
    expect(kinds.get('contact request')).toMatchObject({ kind: 'x.contact', contactReqId: 'AQIDBA==' });
    expect(kinds.get('info probe')).toMatchObject({ kind: 'x.info.probe', probe: 'AQIDBA==' });
    for (const [name, kind] of [
      ['delete', 'x.msg.del'],
      ['deleted', 'x.msg.deleted'],
      ['direct delete', 'x.direct.del'],
      ['ok', 'x.ok'],
      ['file description part', 'unknown'],
    ] as const) {
      expect(kinds.get(name)?.kind).toBe(kind);
    }
  });
});

describe('compressed bodies of the reference', () => {
  const bodies = v.compressed.filter((c) => c.body !== undefined);

  it.each(bodies.map((c): [string, string, string] => [c.name, c.body!, c.plain]))('%s', (_, body, plain) => {
    const read = p.decodeChatBody(hex(body));
    expect(read).toEqual(p.decodeChatBody(utf8(plain)));
    const messages = read.map((m) => (m.kind === 'message' ? m.message : expect.fail(m.kind)));
    const ours = p.encodeChatBody(messages, { compress: true });
    expect(ours[0]).toBe(0x58);
    expect(p.decodeChatBody(ours)).toEqual(read);
    // The same level of the same algorithm: the size tells when that changes, the bytes may differ.
    expect(Math.abs(ours.length - body.length / 2)).toBeLessThan(8);
    expect(fromUtf8(p.encodeChatBody(messages, { compress: false }))).toBe(plain);
  });

  it('passes short ones through', () => {
    const item = v.compressed.find((c) => c.compressedItem !== undefined)!;
    expect(p.decodeChatBody(hex(`5801${item.compressedItem}`))).toMatchObject([{ kind: 'invalid' }]);
    const message: p.ChatMessage = { versions: undefined, msgId: undefined, event: { kind: 'x.ok', other: {} } };
    const plain = toHex(p.encodeChatBody(message, { compress: false }));
    const length = (plain.length / 2).toString(16).padStart(2, '0');
    expect(toHex(p.encodeChatBody(message, { compress: true }))).toBe(`580130${length}${plain}`);
  });
});

it('has the limits of the reference', () => {
  expect({
    maxCompressedInfoLength: p.MAX_COMPRESSED_INFO_LENGTH,
    maxCompressedMsgLength: p.MAX_COMPRESSED_MSG_LENGTH,
    maxEncodedInfoLength: p.MAX_ENCODED_INFO_LENGTH,
    maxEncodedMsgLength: p.MAX_ENCODED_MSG_LENGTH,
  }).toEqual(v.limits);
});

it('computes the security code', () => {
  expect(p.securityCode(hex(v.securityCode.bytes))).toBe(v.securityCode.code);
  expect(p.securityCode(bytesFrom(0, 112))).toBe(v.securityCode.code);
  expect(p.securityCode(new Uint8Array(32))).toBe('0');
});
