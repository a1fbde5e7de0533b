import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { renderItem, textLines } from '../../../../src/apps/cli/show/items.ts';
import { painter } from '../../../../src/apps/cli/show/paint.ts';
import { shortLine, shortMessage } from '../../../../src/apps/cli/show/shorten.ts';
import { segmentsOf, textWidth, withoutStyle } from '../../../../src/apps/cli/terminal/width.ts';
import { wrapLine } from '../../../../src/apps/cli/terminal/wrap.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';

const NOW = new Date(2026, 10, 23, 19, 26).getTime();

describe('rows', () => {
  const rows = (text: string, columns: number, hang = 2) =>
    wrapLine({ spans: textLines(text)[0]!, hang, tail: undefined }, columns).map((row) =>
      row.map((span) => span.text).join(''),
    );

  it.each([
    ['one two three', 8, ['one two', '  three']],
    ['one two', 7, ['one two']],
    ['  one two', 7, ['  one', '  two']],
    ['a abcdefghijklmno', 10, ['a abcdefgh', '  ijklmno']],
    ['abcdefghijkl abc', 6, ['abcdef', '  ghij', '  kl', '  abc']],
    ['日本語のテスト。', 8, ['日本語の', '  テス', '  ト。']],
    ['ฉันไปโรงเรียน', 10, ['ฉันไป', '  โรงเรียน']],
    ['שלום לכולם חברים', 11, ['שלום לכולם', '  חברים']],
    ['👩‍👩‍👧👩‍👩‍👧 👩‍👩‍👧', 5, ['👩‍👩‍👧👩‍👩‍👧', '  👩‍👩‍👧']],
    ['', 5, ['']],
    ['see https://a.example/long, ok', 12, ['see', '  https://a.example/long, ok']],
    ['*bold and* on', 8, ['bold and', '  on']],
  ])('of %j, %i wide', (text, columns, expected) => {
    expect(rows(text, columns)).toEqual(expected);
  });

  it('keep room for what may stand at their end', () => {
    const item = (text: string) => {
      const chat = new FakeChat('me');
      const bob = chat.addContact('bob');
      return renderItem(chat.sendText(bob.chatId, text), bob, NOW).flatMap((each) => wrapLine(each, 24));
    };
    expect(item('1234567890').length).toBe(1);
    expect(item('1234567890 1').length).toBe(2);
  });

  it('begin with a link that is longer than they are', () => {
    expect(rows(`https://a.example/${'x'.repeat(40)}`, 40)).toHaveLength(1);
  });

  it('never are wider than the terminal, and lose nothing but spaces', () => {
    const units = fc.constantFrom(...'ab  日。あ👍', 'e\u0301', '👩‍👩‍👧', 'ש', 'ก', 'ไ', '(', 'ﾊ');
    fc.assert(
      fc.property(fc.string({ unit: units, maxLength: 60 }), fc.integer({ min: 4, max: 30 }), (text, columns) => {
        const found = rows(text, columns);
        for (const row of found) expect(textWidth(row)).toBeLessThanOrEqual(columns);
        expect(found.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });

  it('break no word that fits into one', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019'), minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 12, max: 40 }), (words, columns) => {
        const shown = rows(words.join(' '), columns).flatMap((row) => row.trim().split(' '));
        expect(shown).toEqual(words);
      }),
    );
  });

  it.each([
    ['tabs', '\t'.repeat(32_000)],
    ['a link', `https://a.example/${'x'.repeat(65_000)}`],
    ['spaces', ' '.repeat(65_000)],
    ['ideographs', '漢'.repeat(20_000)],
    ['Thai words', 'ฉันไปโรงเรียน'.repeat(4_000)],
    ['flags', '🇩🇪'.repeat(8_000)],
    ['one letter with marks', `a${'\u0301'.repeat(60_000)}`],
    ['lines', 'x\n'.repeat(30_000)],
  ])('of %s are laid out from short pieces alone, and not without end', (_, text) => {
    const segment = vi.spyOn(Intl.Segmenter.prototype, 'segment');
    const chat = new FakeChat('me');
    const bob = chat.addContact('bob');
    const lines = shortMessage(renderItem(chat.sendText(bob.chatId, text), bob, NOW));
    const found = lines.flatMap((each) => wrapLine(shortLine(each), 80));
    const longest = Math.max(...segment.mock.calls.map(([piece]) => piece.length));
    const total = segment.mock.calls.reduce((sum, [piece]) => sum + piece.length, 0);
    segment.mockRestore();
    expect(longest).toBeLessThanOrEqual(256);
    expect(total).toBeLessThan(3 * 16_000);
    expect(found.length).toBeLessThan(500);
  });

  it('know the same characters in a long text as in short ones', () => {
    const units = fc.constantFrom('a', '漢', 'e\u0301', '👩‍👩‍👧', '🇩🇪', 'क्षि', '\r\n', '각', '👍🏽', '\ud800');
    const plain = new Intl.Segmenter('en', { granularity: 'grapheme' });
    fc.assert(
      fc.property(fc.array(units, { minLength: 100, maxLength: 400 }), (parts) => {
        const text = parts.join('');
        expect([...segmentsOf(plain, text)]).toEqual(Array.from(plain.segment(text), ({ segment }) => segment));
      }),
      { numRuns: 30 },
    );
  });

  it('of whatever anybody sends have nothing in them that a terminal obeys, and none is like a line of somebody', () => {
    const chat = new FakeChat('me');
    const bob = chat.addContact('bob');
    const item = {
      ...chat.sendText(bob.chatId, ''),
      direction: { kind: 'received', integrity: { kind: 'ok' } },
    } as const;
    const paint = painter({ colors: 'many', links: true });
    const evil = fc.constantFrom(
      ...'\u001b\u0007\u009b\u009d\r\n\t\0\u202e\u2066\u2028*_~`#! ',
      '\u001b[2J',
      '\u001b]8;;x\u0007',
      'https://a.example/',
      '19:26 bob> ',
      '\ud800',
    );
    const text = fc.string({
      unit: fc.oneof(evil, fc.string({ unit: 'binary', minLength: 1, maxLength: 3 })),
      maxLength: 40,
    });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 20, max: 60 }), (said, quoted, columns) => {
        const shown = { ...item, text: said, quote: { text: quoted, author: 'us' } } as const;
        const rows = renderItem(shown, bob, NOW).flatMap((line) =>
          wrapLine(line, columns).map((row) => row.map(paint).join('')),
        );
        for (const [i, row] of rows.entries()) {
          const bare = withoutStyle(row);
          expect(bare).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
          if (i > 0) expect(bare).toMatch(/^( {6}|$)/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('cannot be made to look like another line by a link', () => {
    const spoof = `https://a.example/${'x'.repeat(22)}\u00a019:26\u00a0bob>\u00a0gotcha`;
    for (const row of rows(spoof, 40).slice(1)) expect(row).toMatch(/^ {2}/);
  });
});
