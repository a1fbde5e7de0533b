import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import * as p from '../../../../src/chat/protocol/index.ts';
import { Fields } from '../../../../src/chat/protocol/json.ts';
import { concatBytes, EncodeError, fromUtf8, hexOf, utf8 } from './helpers.ts';

beforeAll(() => p.initCompression());

const message = (text: string): p.ChatMessage => ({
  versions: p.chatVersions,
  msgId: p.sharedMsgId(new Uint8Array(12).fill(7)),
  event: { kind: 'x.msg.new', container: p.simpleContainer(p.textContent(text)) },
});
const decodeJson = (json: unknown) => p.decodeChatBody(utf8(JSON.stringify(json)));
const kinds = (body: Uint8Array) => p.decodeChatBody(body).map((m) => m.kind);

describe('bodies', () => {
  it('carry any text there and back', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(texts, fc.boolean(), (list, compress) => {
        const messages = list.map(message);
        const read = p.decodeChatBody(p.encodeChatBody(messages, { compress }));
        expect(read).toEqual(messages.map((m) => ({ kind: 'message', message: m })));
      }),
    );
  });

  it('carry unknown events whole', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 })), (params) => {
        const body = utf8(JSON.stringify({ event: 'x.new.thing', params }));
        const [read] = p.decodeChatBody(body);
        if (read?.kind !== 'message') return expect.fail('not read');
        expect(read.message.event).toMatchObject({ kind: 'unknown', event: 'x.new.thing' });
        const again = JSON.parse(fromUtf8(p.encodeChatMessage(read.message)));
        expect(again.params).toEqual(JSON.parse(JSON.stringify(params)));
      }),
    );
  });

  it('never throw on garbage', () => {
    const starts = fc.constantFrom('', '{', '[', 'X', 'X\x01', 'X\x011', '=', '=\x01', 'F', '[{', '{"event":');
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 200 }), (start, bytes) => {
        for (const read of p.decodeChatBody(concatBytes(utf8(start), bytes))) expect(read.kind).not.toBe('message');
      }),
    );
  });

  it('are refused when cut anywhere', () => {
    for (const compress of [false, true]) {
      const body = p.encodeChatBody(message('to be cut '.repeat(40)), { compress });
      for (let i = 0; i < body.length; i++) expect(kinds(body.subarray(0, i))).toEqual(['invalid']);
      expect(kinds(concatBytes(body, Uint8Array.of(1)))).toEqual(['invalid']);
    }
  });

  it('lose only the broken element of a batch', () => {
    const good = { event: 'x.ok', params: {} };
    const bad = [7, null, {}, { event: 'x.msg.new', params: {} }, { event: 'x.msg.del', params: { msgId: '!' } }];
    for (const element of bad) {
      expect(decodeJson([good, element, good]).map((m) => m.kind)).toEqual(['message', 'invalid', 'message']);
    }
    // One stands for all.
    expect(decodeJson([good, ...bad, good]).map((m) => m.kind)).toEqual(['message', 'invalid', 'message']);
    expect(decodeJson([])).toEqual([]);
  });

  it('of newer peers may be binary batches', () => {
    const element = (text: string) => concatBytes(Uint8Array.of(0, text.length), utf8(text));
    const ok = '{"event":"x.ok"}';
    const batch = concatBytes(utf8('='), Uint8Array.of(5), ...[ok, '/signed', '>fwd', 'Fchunk', ok].map(element));
    expect(kinds(batch)).toEqual(['message', 'invalid', 'binary', 'message']);
    expect(kinds(batch.subarray(0, -1))).toEqual(['invalid']);
  });

  it('of any number of elements are read up to a limit, and no further', () => {
    const MAX = p.MAX_BODY_ELEMENTS;
    const ok = '{"event":"x.ok"}';
    const elements = (count: number, element: string) => utf8(`[${Array(count).fill(element).join(',')}]`);
    expect(kinds(elements(MAX, ok))).toEqual(Array(MAX).fill('message'));
    expect(kinds(elements(MAX + 1, ok))).toEqual([...Array(MAX).fill('message'), 'invalid']);
    expect(kinds(elements(32_767, '0'))).toEqual(['invalid']);
    // Those past the limit are not even looked at.
    const read = vi.spyOn(Fields.prototype, 'string');
    p.decodeChatBody(elements(4_000, ok));
    expect(read.mock.calls.length).toBeLessThan(4 * MAX);
    read.mockRestore();
    const item = concatBytes(utf8('0'), Uint8Array.of(2 + 10 * 17), utf8(`[${Array(10).fill(ok).join(',')} ]`));
    const many = concatBytes(utf8('X'), Uint8Array.of(100), ...Array<Uint8Array>(100).fill(item));
    expect(kinds(many)).toEqual([...Array(MAX).fill('message'), 'invalid']);
  });

  it('nested too deeply are refused', () => {
    const deep = `{"event":"x.a","params":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`;
    expect(kinds(utf8(deep))).toEqual(['invalid']);
    const brackets = { event: 'x.a', params: { a: '[{"\\'.repeat(500) } };
    expect(decodeJson(brackets).map((m) => m.kind)).toEqual(['message']);
  });
});

describe('compression', () => {
  it('is used only where it is needed, and refuses what does not fit', () => {
    const long = message('a'.repeat(14_000));
    expect(p.encodeFittingBody(long, 'message', false)[0]).toBe(0x7b);
    expect(p.encodeFittingBody(long, 'message', true)[0]).toBe(0x58);
    expect(p.encodeFittingBody(message('short'), 'message', true)[0]).toBe(0x7b);
    expect(p.encodeFittingBody(message('a'.repeat(11_000)), 'info', true)[0]).toBe(0x58);
    for (const pq of [true, false]) {
      expect(() => p.encodeFittingBody(message('a'.repeat(16_000)), 'message', pq)).toThrow(EncodeError);
    }
    const noise = Array.from({ length: 3500 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000))).join('');
    expect(() => p.encodeFittingBody(message(`${noise}${noise}`), 'message', true)).toThrow(EncodeError);
  });

  it('reads nothing that claims more than 65,536 bytes, or does not say', () => {
    const frame = (hex: string) => {
      const bytes = hexOf(`28b52ffd${hex}`);
      return concatBytes(utf8('X\x011'), Uint8Array.of(0, bytes.length), bytes);
    };
    const reason = (body: Uint8Array) => p.decodeChatBody(body).map((m) => (m.kind === 'invalid' ? m.reason : m.kind));
    // 4-byte size of 65,537; 8-byte size; no size at all.
    for (const header of ['a001000100', 'e0ffffffffffffff7f', '0058']) {
      expect(reason(frame(`${header}010000`))).toEqual([expect.stringContaining('too large or of unknown size')]);
    }
    // 65,536 of them are read: one run-length block.
    expect(reason(frame('a00000010003000861'))).toEqual([expect.not.stringContaining('too large')]);
    const bomb = p.encodeChatBody(message('a'.repeat(70_000)), { compress: true });
    expect(kinds(bomb)).toEqual(['invalid']);
    const many = p.encodeChatBody(message('a'.repeat(40_000)), { compress: true }).subarray(2);
    expect(kinds(concatBytes(utf8('X\x03'), many, many, many))).toEqual(['message', 'invalid']);
  });
});

describe('batches', () => {
  it('keep the order and stay within the limit', () => {
    const texts = fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 12 });
    fc.assert(
      fc.property(texts, fc.boolean(), (lengths, pq) => {
        const messages = lengths.map((length, i) => message(String(i).padEnd(length, '.')));
        const bodies = p.encodeBatches(messages, pq);
        for (const body of bodies) expect(body.length).toBeLessThanOrEqual(p.MAX_COMPRESSED_MSG_LENGTH);
        expect(bodies.flatMap((body) => p.decodeChatBody(body))).toEqual(
          messages.map((m) => ({ kind: 'message', message: m })),
        );
      }),
      { numRuns: 30 },
    );
    expect(p.encodeBatches(['a', 'b', 'c'].map(message), true)).toHaveLength(1);
    expect(() => p.encodeBatches([message('a'.repeat(16_000))], false)).toThrow(EncodeError);
  });
});
