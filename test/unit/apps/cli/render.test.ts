import { describe, expect, it } from 'vitest';
import { receiptLine } from '../../../../src/apps/cli/display.ts';
import {
  colorStyle,
  contactName,
  fullContactName,
  plainStyle,
  renderEvent,
  renderItem,
  serverHost,
  shortTime,
} from '../../../../src/apps/cli/render.ts';
import { safeLine, safeLines } from '../../../../src/apps/cli/safe-text.ts';
import { rowCount, textWidth } from '../../../../src/apps/cli/terminal/width.ts';
import type { ChatItem, SendStatus } from '../../../../src/chat/index.ts';
import { FakeChat, profileNamed } from '../../../harness/fake-chat.ts';

const at = (day: number, hours: number, minutes = 26) => new Date(2026, 10, day, hours, minutes).getTime();
const now = at(23, 20);
const chat = new FakeChat('me');
chat.now = at(23, 19);
const bob = chat.addContact('bob');
const sent = (text: string, status: SendStatus): ChatItem => ({
  ...chat.sendText(bob.contactId, text),
  direction: { kind: 'sent', status },
});

describe('received text', () => {
  it('cannot move the cursor, change colours or look like something else', () => {
    expect(safeLine('\u001b[2J\u001b]0;title\u0007')).toBe('␛[2J␛]0;title␇');
    expect(safeLine('a\u009bb\u0000c\u007fd\te')).toBe('a\ufffdb␀c␡d e');
    expect(safeLine('abc\u202edef\u2066')).toBe('abcdef');
    expect(safeLine('one\ntwo\rthree')).toBe('one␊two␍three');
    expect(safeLines('one\r\ntwo\rthree\u2028four')).toEqual(['one', 'two', 'three', 'four']);
    expect(safeLines('')).toEqual(['']);
    expect(safeLine('👩‍👩‍👧 e\u0301 مرحبا')).toBe('👩‍👩‍👧 e\u0301 مرحبا');
  });

  it('with line breaks cannot pass for another message', () => {
    const lines = renderItem(sent('hi\n19:30 bob> gotcha', { kind: 'sent' }), bob, now, plainStyle);
    expect(lines).toEqual(['19:26 @bob hi', '      19:30 bob> gotcha']);
  });
});

describe('items', () => {
  it('are shown as the official app does', () => {
    expect(renderItem(sent('hello', { kind: 'pending' }), bob, now, plainStyle)).toEqual(['19:26 @bob hello']);
    const received: ChatItem = {
      ...sent('hello', { kind: 'pending' }),
      direction: { kind: 'received', integrity: { kind: 'ok' } },
    };
    expect(renderItem(received, bob, now, plainStyle)).toEqual(['19:26 bob> hello']);
    expect(renderItem(received, bob, now, colorStyle)[0]).toBe(
      '\u001b[90m19:26\u001b[39m \u001b[33mbob>\u001b[39m hello',
    );
  });

  it('say when something before them is missing', () => {
    const item = (integrity: Extract<ChatItem['direction'], { kind: 'received' }>['integrity']): ChatItem => ({
      ...sent('hello', { kind: 'pending' }),
      direction: { kind: 'received', integrity },
    });
    const lines = (integrity: Parameters<typeof item>[0]) => renderItem(item(integrity), bob, now, plainStyle);
    expect(lines({ kind: 'skipped', from: 5, to: 6 })).toEqual([
      '19:26 bob> [2 messages before this one are missing]',
      '19:26 bob> hello',
    ]);
    expect(lines({ kind: 'skipped', from: 5, to: 5 })[0]).toContain('1 message before');
    for (const kind of ['bad-id', 'bad-hash', 'duplicate'] as const) expect(lines({ kind })).toHaveLength(2);
  });

  it('have a receipt', () => {
    const line = (status: SendStatus) => receiptLine(sent('hello\nthere', status), bob, now, plainStyle);
    expect(line({ kind: 'pending' })).toBeUndefined();
    expect(line({ kind: 'sent' })?.text).toBe('✓ 19:26 @bob hello …');
    expect(line({ kind: 'delivered', intact: true })?.text).toBe('✓✓ 19:26 @bob hello …');
    expect(line({ kind: 'delivered', intact: false })?.text).toBe('✓✓! 19:26 @bob hello …');
    expect(line({ kind: 'failed', reason: 'no room' })).toEqual({
      text: '✗ 19:26 @bob hello … — not sent: no room',
      failed: true,
    });
  });
});

describe('times', () => {
  it('of today and last night have hours, others a day', () => {
    expect(shortTime(at(23, 0, 5), now)).toBe('00:05');
    expect(shortTime(at(22, 23), now)).toBe('11-22');
    expect(shortTime(at(22, 23), at(23, 9))).toBe('23:26');
    expect(shortTime(at(22, 17), at(23, 9))).toBe('11-22');
    expect(shortTime(at(22, 23), at(23, 12))).toBe('11-22');
  });
});

describe('names', () => {
  it('are written as commands take them', () => {
    const odd = chat.addContact('Alice B', { profile: profileNamed('Alice B', 'Alice \u001b[1mBrown') });
    expect(contactName(odd)).toBe("'Alice B'");
    expect(fullContactName(odd)).toBe("'Alice B' (Alice ␛[1mBrown)");
    expect(fullContactName(bob)).toBe('bob');
    expect(serverHost('smp://abc=@host.example:5223')).toBe('host.example:5223');
    expect(serverHost('smp://abc=:pass@host.example,onion')).toBe('host.example');
  });
});

describe('events', () => {
  it.each([
    [{ kind: 'contactConnected', contact: bob }, 'bob: contact is connected'],
    [
      { kind: 'pqEncryption', contact: bob, enabled: true },
      'bob: quantum resistant end-to-end encryption enabled (PQ on)',
    ],
    [{ kind: 'pqEncryption', contact: bob, enabled: false }, 'bob: standard end-to-end encryption enabled (PQ off)'],
    [{ kind: 'contactUpdated', contact: bob, previousName: 'rob' }, 'contact rob changed to bob, use @bob <text>'],
    [{ kind: 'serverConnected', server: 'smp://a=@h:1' }, 'server connected: h:1'],
  ] as const)('%j', (event, line) => {
    expect(renderEvent(event, plainStyle)).toEqual({ lines: [line], failed: false });
  });

  it('that went wrong are marked so', () => {
    expect(renderEvent({ kind: 'error', contact: bob, message: 'bad\u001b' }, plainStyle)).toEqual({
      lines: ['bob: bad␛'],
      failed: true,
    });
    expect(renderEvent({ kind: 'connectionFailed', contact: bob, reason: 'why' }, plainStyle).failed).toBe(true);
    expect(renderEvent({ kind: 'subscriptionEnded', contact: bob }, plainStyle).failed).toBe(true);
  });
});

describe('widths', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['🙂', 2],
    ['👩‍👩‍👧', 2],
    ['🇺🇦', 2],
    ['❤️', 2],
    ['\u200b', 0],
  ])('%j takes %i', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  it('count rows', () => {
    expect(rowCount('', 10)).toBe(1);
    expect(rowCount('a'.repeat(10), 10)).toBe(1);
    expect(rowCount('a'.repeat(11), 10)).toBe(2);
    expect(rowCount('日'.repeat(5), 9)).toBe(2);
    expect(rowCount(`\u001b[31m${'a'.repeat(10)}\u001b[39m`, 10)).toBe(1);
  });
});
