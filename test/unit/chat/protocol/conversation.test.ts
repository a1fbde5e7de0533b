import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as p from '../../../../src/chat/protocol/index.ts';
import { DecodeError } from '../../../../src/encoding/index.ts';
import { vectors } from '../../../harness/vectors.ts';

const ids = fc.uint8Array({ minLength: 1, maxLength: 24 }).map(p.sharedMsgId);
const json = fc.dictionary(
  fc.string().map((key) => `x-${key}`),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<p.Json>,
);
const content = fc.oneof(
  fc.string({ unit: 'grapheme' }).map(p.textContent),
  fc.record({ kind: fc.constant('image' as const), text: fc.string(), image: fc.string() }),
);

describe('quotes', () => {
  it('of the reference, both ways', () => {
    const { events } = vectors<{ events: { name: string; json: string }[] }>('chat');
    const { params } = JSON.parse(events.find((event) => event.name === 'reply')!.json);
    const quote = p.decodeQuote(params.quote);
    expect(quote).toMatchObject({
      msgRef: { msgId: 'AQIDBAUGBwgJCgsM', sent: true, sentAt: '2023-11-14T22:13:20Z' },
      content: p.textContent('hello there!'),
    });
    expect(p.encodeQuote(quote)).toEqual(params.quote);
    const made = p.quoteOf(quote.msgRef.msgId, true, Date.UTC(2023, 10, 14, 22, 13, 20), quote.content);
    expect(p.encodeQuote(made)).toEqual(params.quote);
  });

  it('come back as they were, with what we do not know', () => {
    const quotes = fc.record({
      msgRef: fc.record({
        msgId: fc.option(ids, { nil: undefined }),
        sentAt: fc.string(),
        sent: fc.boolean(),
        other: json,
      }),
      content,
      other: json,
    });
    fc.assert(
      fc.property(quotes, (quote) => {
        expect(p.decodeQuote(p.encodeQuote(quote))).toEqual(quote);
      }),
    );
  });

  it('need what names the message', () => {
    const ref = { msgId: 'AQID', sentAt: '2023-11-14T22:13:20Z', sent: true };
    const text = { type: 'text', text: 'a' };
    for (const bad of [
      undefined,
      {},
      { msgRef: ref },
      { content: text },
      { msgRef: { ...ref, sent: 1 }, content: text },
      { msgRef: { ...ref, msgId: '!' }, content: text },
      { msgRef: { sent: true }, content: text },
    ]) {
      expect(() => p.decodeQuote(bad)).toThrow(DecodeError);
    }
    expect(p.decodeQuote({ msgRef: { ...ref, msgId: null }, content: text }).msgRef.msgId).toBeUndefined();
  });

  it('leave room for the answer', () => {
    const quoted = (of: p.MsgContent) => p.quoteOf(undefined, false, 0, of).content;
    expect(quoted(p.textContent('👩‍👩‍👧'.repeat(2000)))).toMatchObject({ text: expect.stringMatching(/…$/) });
    const small = { kind: 'image', text: 'cat', image: 'data:' } as const;
    expect(quoted(small)).toEqual(small);
    expect(quoted({ ...small, image: 'x'.repeat(13_000) })).toEqual(p.textContent('cat'));
  });
});

describe('changes', () => {
  const events: fc.Arbitrary<p.ChatMsgEvent> = fc.oneof(
    fc.record({
      kind: fc.constant('x.msg.update' as const),
      msgId: ids,
      content,
      ttl: fc.option(fc.nat(), { nil: undefined }),
      live: fc.option(fc.boolean(), { nil: undefined }),
      other: json,
    }),
    fc.record({ kind: fc.constant('x.msg.del' as const), msgId: ids, other: json }),
    fc.record({
      kind: fc.constant('x.msg.react' as const),
      msgId: ids,
      reaction: fc.oneof(
        fc.constantFrom(...p.reactionEmojis).map((emoji) => ({ kind: 'emoji' as const, emoji })),
        json.map((other) => ({ kind: 'unknown' as const, json: { ...other, type: 'sticker' } })),
      ),
      add: fc.boolean(),
      other: json,
    }),
  );

  it('come back as they were, with what we do not know', () => {
    fc.assert(
      fc.property(events, (event) => {
        expect(p.decodeEvent(event.kind, p.encodeParams(event))).toEqual(event);
      }),
    );
  });

  it('need what they are about', () => {
    for (const [event, params] of [
      ['x.msg.update', { content: { type: 'text', text: 'a' } }],
      ['x.msg.update', { msgId: 'AQ==' }],
      ['x.msg.del', {}],
      ['x.msg.react', { msgId: 'AQ==', add: true }],
      ['x.msg.react', { msgId: 'AQ==', reaction: { type: 'emoji', emoji: '👍' } }],
    ] as const) {
      expect(() => p.decodeEvent(event, params)).toThrow(DecodeError);
    }
  });
});

describe('reactions', () => {
  it('are shown when they are emojis', () => {
    for (const emoji of [...p.reactionEmojis, '❤️', '👩‍👩‍👧', '🇺🇦']) expect(p.reactionText(emoji)).toBe(emoji);
    for (const other of ['', 'a', '👍 hi', '\u001b[2J', '👍'.repeat(40), '{"type":"sticker"}']) {
      expect(p.reactionText(other)).toBe('?');
    }
  });
});

describe('markdown', () => {
  const shown = (text: string) =>
    p
      .parseMarkdown(text)
      .map(({ text: part, format }) => {
        if (format === undefined) return part;
        const more = format.kind === 'colored' ? `:${format.color}` : format.kind === 'link' ? `:${format.uri}` : '';
        return `<${format.kind}${more}|${part}>`;
      })
      .join('');

  it.each([
    ['a *bold* b', 'a <bold|bold> b'],
    ['_it_ ~st~ `co *de*`', '<italic|it> <strike|st> <code|co *de*>'],
    ['*a* and * b *', '<bold|a> and * b *'],
    ['snake_case_name', 'snake_case_name'],
    ['2*3*4', '2*3*4'],
    ['*unended', '*unended'],
    ['** a', '** a'],
    ['*a*b', '<bold|a>b'],
    ['*one\ntwo*', '*one\ntwo*'],
    ['*one*\n_two_', '<bold|one>\n<italic|two>'],
    ['#secret#', '<secret|secret>'],
    ['##se##', '<secret|#se#>'],
    ['# no secret #', '# no secret #'],
    ['#team hi', '#team hi'],
    ['!1 red! !cyan sky! !b sea!', '<colored:red|red> <colored:cyan|sky> <colored:blue|sea>'],
    ['!9 none! !1 ! !!', '!9 none! !1 ! !!'],
    ['see https://a.example/x_y, ok', 'see <link:https://a.example/x_y|https://a.example/x_y>, ok'],
    ['(http://a.example/b)', '(http://a.example/b)'],
    ['simplex:/invitation#/?v=7', '<link:simplex:/invitation#/?v=7|simplex:/invitation#/?v=7>'],
    ['go to example.com!', 'go to <link:https://example.com|example.com>!'],
    ['mail bob@example.com.', 'mail <link:mailto:bob@example.com|bob@example.com>.'],
    ['<http://a.example/b>', '<<link:http://a.example/b|http://a.example/b>>'],
    ['(simplex:/invitation#/?v=1)', '(<link:simplex:/invitation#/?v=1|simplex:/invitation#/?v=1>)'],
    ['see “http://a.example/b”.', 'see “<link:http://a.example/b|http://a.example/b>”.'],
    ['javascript:alert', 'javascript:alert'],
    ['', ''],
  ])('%j', (text, expected) => expect(shown(text)).toBe(expected));

  it('takes texts that are made to be slow', () => {
    for (const unit of ['!', '*a ', '#', '!1 ', '.', 'a.', '@', '`', '_ ', '((', 'a@b.']) {
      const text = `${unit.repeat(20_000)}a`;
      expect(
        p
          .parseMarkdown(text)
          .map((part) => part.source)
          .join(''),
      ).toBe(text);
    }
  }, 5_000);

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a *_~`#!12\nb.:/@') }), (text) => {
        const parts = p.parseMarkdown(text);
        expect(parts.map((part) => part.source).join('')).toBe(text);
        for (const part of parts) {
          expect(part.source).toContain(part.text);
          if (part.format !== undefined) expect(part.text).not.toContain('\n');
        }
      }),
    );
  });
});
