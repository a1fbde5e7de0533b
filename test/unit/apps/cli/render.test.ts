import { describe, expect, it } from 'vitest';
import { helpLines } from '../../../../src/apps/cli/commands/help.ts';
import { printLastConversation } from '../../../../src/apps/cli/commands/lists.ts';
import { topicNames } from '../../../../src/apps/cli/commands/topics.ts';
import { plainDisplay, receiptLine, spokenDisplay } from '../../../../src/apps/cli/show/display.ts';
import { renderEvent } from '../../../../src/apps/cli/show/events.ts';
import {
  renderByDay,
  renderDeletion,
  renderFull,
  renderItem,
  renderReaction,
  renderUpdate,
  shortText,
  textLines,
} from '../../../../src/apps/cli/show/items.ts';
import { type Line, sourceText, spokenText } from '../../../../src/apps/cli/show/look.ts';
import { contactName, fullContactName, serverHost } from '../../../../src/apps/cli/show/names.ts';
import { painter, terminalAbilities, wantsPlain } from '../../../../src/apps/cli/show/paint.ts';
import { safeLine, safeLines } from '../../../../src/apps/cli/show/safe-text.ts';
import { shortTime } from '../../../../src/apps/cli/show/times.ts';
import { rowCount, textWidth, withoutStyle } from '../../../../src/apps/cli/terminal/width.ts';
import { wrapLine } from '../../../../src/apps/cli/terminal/wrap.ts';
import type { ChatItem, ItemId, SendStatus } from '../../../../src/chat/index.ts';
import { FakeChat, profileNamed } from '../../../harness/fake-chat.ts';

const texts = (lines: readonly Line[]) => lines.map(sourceText);
const at = (day: number, hours: number, minutes = 26) => new Date(2026, 10, day, hours, minutes).getTime();
const now = at(23, 20);
const chat = new FakeChat('me');
chat.now = at(23, 19);
const bob = chat.addContact('bob');
const sent = (text: string, status: SendStatus): ChatItem => ({
  ...chat.sendText(bob.chatId, text),
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
    expect(safeLines('a\tb\u0007\nc')).toEqual(['a\tb␇', 'c']);
    expect(safeLine(`a${'\u0301'.repeat(50)}b`)).toBe(`a${'\u0301'.repeat(8)}b`);
    expect(safeLine('👩‍👩‍👧 e\u0301 مرحبا')).toBe('👩‍👩‍👧 e\u0301 مرحبا');
  });

  it('with line breaks cannot pass for another message', () => {
    const lines = renderItem(sent('hi\n19:30 bob> gotcha', { kind: 'sent' }), bob, now);
    expect(texts(lines)).toEqual(['19:26 @bob hi', '      19:30 bob> gotcha']);
  });
});

describe('items', () => {
  it('are shown as the official app does', () => {
    expect(texts(renderItem(sent('hello', { kind: 'pending' }), bob, now))).toEqual(['19:26 @bob hello']);
    const received: ChatItem = {
      ...sent('hello', { kind: 'pending' }),
      direction: { kind: 'received', integrity: { kind: 'ok' } },
    };
    expect(texts(renderItem(received, bob, now))).toEqual(['19:26 bob> hello']);
    const paint = painter({ colors: 'basic', links: false });
    expect(renderItem(received, bob, now)[0]!.spans.map(paint).join('')).toBe(
      '\u001b[90m19:26\u001b[39m \u001b[33mbob>\u001b[39m hello',
    );
  });

  it('show what they answer, and what became of them', () => {
    const item = sent('one\ntwo', { kind: 'sent' });
    const answer = { ...item, quote: { text: 'a\nb'.repeat(60), author: 'contact' } } as const;
    expect(texts(renderItem(answer, bob, now))).toEqual([
      expect.stringMatching(/^19:26 @bob > a ba ba .{50,54}…$/),
      '      one',
      '      two',
    ]);
    expect(texts(renderItem({ ...answer, quote: { text: 'a', author: 'us' } }, bob, now))[0]).toBe('19:26 @bob >> a');
    expect(texts(renderItem({ ...item, forwarded: true }, bob, now))[0]).toBe('19:26 @bob -> forwarded');
    const changed: ChatItem = {
      ...item,
      edited: true,
      deletedAt: 1,
      reactions: [{ reaction: '👍', count: 2, ours: true }],
    };
    expect(texts(renderFull(changed, bob, now))).toEqual([
      '19:26 @bob [edited] one',
      '      two [marked deleted] ✓',
      '      👍 2',
    ]);
    const received: ChatItem = {
      ...item,
      text: 'hi',
      edited: true,
      direction: { kind: 'received', integrity: { kind: 'ok' } },
    };
    expect(texts(renderUpdate(received, bob, now))).toEqual(['19:26 bob> [edited] hi']);
    expect(texts(renderUpdate({ ...received, edited: false }, bob, now))).toEqual(['19:26 bob> hi']);
    expect(texts(renderDeletion(received, bob, now, true))).toEqual(['19:26 bob> [deleted] hi']);
    expect(texts(renderDeletion(received, bob, now, false))).toEqual(['19:26 bob> [marked deleted] hi']);
    expect(texts(renderReaction(item, bob, now, '👍', true))).toEqual(['20:26 bob> >> one two', '      + 👍']);
  });

  it('are listed by day', () => {
    const item = sent('hi', { kind: 'pending' });
    const earlier = { ...item, timestamp: at(22, 9) };
    expect(texts(renderByDay([earlier, item, item], () => bob))).toEqual([
      'Sun 22 Nov 2026',
      '09:26 @bob hi',
      'Mon 23 Nov 2026',
      '19:26 @bob hi',
      '19:26 @bob hi',
    ]);
  });

  it('say when something before them is missing', () => {
    const item = (integrity: Extract<ChatItem['direction'], { kind: 'received' }>['integrity']): ChatItem => ({
      ...sent('hello', { kind: 'pending' }),
      direction: { kind: 'received', integrity },
    });
    const lines = (integrity: Parameters<typeof item>[0]) => texts(renderItem(item(integrity), bob, now));
    expect(lines({ kind: 'skipped', from: 5, to: 6 })).toEqual([
      '19:26 bob> [2 messages before this one are missing]',
      '19:26 bob> hello',
    ]);
    expect(lines({ kind: 'skipped', from: 5, to: 5 })[0]).toContain('1 message before');
    for (const kind of ['bad-id', 'bad-hash', 'duplicate'] as const) expect(lines({ kind })).toHaveLength(2);
  });

  it('have a receipt', () => {
    const line = (status: SendStatus) => {
      const receipt = receiptLine(sent('hello\nthere', status), bob, now);
      return receipt && { text: sourceText(receipt.line), failed: receipt.failed };
    };
    expect(line({ kind: 'pending' })).toBeUndefined();
    expect(line({ kind: 'sent' })?.text).toBe('✓ 19:26 @bob hello there');
    expect(line({ kind: 'delivered', intact: true })?.text).toBe('✓✓ 19:26 @bob hello there');
    expect(line({ kind: 'delivered', intact: false })?.text).toBe('✓✓! 19:26 @bob hello there');
    expect(line({ kind: 'failed', reason: 'no room' })).toEqual({
      text: '✗ 19:26 @bob hello there — not sent: no room',
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
    [
      {
        kind: 'featureChanged',
        contact: bob,
        feature: { feature: 'fullDelete', ours: 'no', theirs: 'always', forUs: true, forContact: false },
      },
      'bob changed what is allowed: full deletion: enabled for you',
    ],
    [{ kind: 'serverConnected', server: 'smp://a=@h:1' }, 'server connected: h:1'],
  ] as const)('%j', (event, line) => {
    const { lines, failed } = renderEvent(event);
    expect([texts(lines), failed]).toEqual([[line], false]);
  });

  it('that went wrong are marked so', () => {
    const other = { code: 'other', values: {}, detail: 'bad\u001b' };
    const bad = renderEvent({ kind: 'error', contact: bob, failure: 'other', ...other });
    expect([texts(bad.lines), bad.failed]).toEqual([['bob: bad␛'], true]);
    expect(renderEvent({ kind: 'connectionFailed', contact: bob, reason: 'failed', ...other }).failed).toBe(true);
    const refused = { code: 'server.refused', values: { detail: 'no\u001b' }, detail: '' };
    expect(texts(renderEvent({ kind: 'error', contact: bob, failure: 'other', ...refused }).lines)).toEqual([
      'bob: The server refused to deliver messages: no␛',
    ]);
    const gone = { code: 'server.peer-queue-gone', values: {}, detail: '' };
    expect(texts(renderEvent({ kind: 'error', contact: bob, failure: 'not-sent', ...gone }).lines)).toEqual([
      'bob: A change (an edit, a reaction, a new name) could not be sent: The contact deleted the connection, or its server no longer has the queue.',
    ]);
    expect(texts(renderEvent({ kind: 'connectionFailed', contact: bob, reason: 'failed', ...gone }).lines)).toEqual([
      'bob: the connection failed: The contact deleted the connection, or its server no longer has the queue.',
    ]);
    expect(renderEvent({ kind: 'subscriptionEnded', contact: bob }).failed).toBe(true);
    expect(renderEvent({ kind: 'verificationReset', contact: bob }).failed).toBe(true);
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
    ['กำ', 2],
    ['한', 2],
    ['\u1112\u1161\u11ab', 2],
    ['क्षि', 3],
    ['שָׁלוֹם', 4],
    ['ﷺ', 1],
    ['1️⃣', 2],
    ['\uff21', 2],
    ['\u1100'.repeat(400), 800],
    [`${'\u1100'.repeat(400)}\ufe0f`, 800],
  ])('%j takes %i', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  it('count rows', () => {
    expect(rowCount('', 10)).toBe(1);
    expect(rowCount('a'.repeat(10), 10)).toBe(1);
    expect(rowCount('a'.repeat(11), 10)).toBe(2);
    expect(rowCount('日'.repeat(5), 9)).toBe(2);
    expect(rowCount('\u1100'.repeat(400), 80)).toBe(10);
    expect(rowCount(`\u001b[31m${'a'.repeat(10)}\u001b[39m`, 10)).toBe(1);
  });

  it('do not count looks and targets of links', () => {
    const paint = painter({ colors: 'many', links: true });
    const painted = paint({ text: 'abc', source: 'abc', mark: { kind: 'link', uri: 'https://a.example' } });
    expect(painted).toContain('\u001b]8;;https://a.example\u001b\\');
    expect(withoutStyle(painted)).toBe('abc');
  });
});

describe('markdown', () => {
  const lines = (text: string) => textLines(text).map((spans) => ({ spans, hang: 0, tail: undefined }));
  const text = 'a *b* _c_ ~d~ `e` #f# !2 g! example.com';

  it('is shown in looks, and its secrets are hidden', () => {
    const painted = (colors: 'none' | 'basic', links = false) =>
      lines(text)[0]!.spans.map(painter({ colors, links })).join('').replaceAll('\u001b', '^');
    expect(painted('basic', true)).toBe(
      'a ^[1mb^[22m ^[3mc^[23m ^[9md^[29m ^[36m`e`^[39m #^[8;30;40mf^[28;39;49m# ^[32mg^[39m ' +
        '^]8;;https://example.com^\\^[4mexample.com^[24m^]8;;^\\',
    );
    expect(painted('none')).toBe('a ^[1mb^[22m ^[3mc^[23m ^[9md^[29m `e` #^[8mf^[28m# g ^[4mexample.com^[24m');
  });

  it('hides secrets where a message is named by its beginning, too, whatever an earlier line left open', () => {
    expect(shortText('*note:\n#hunter2#')).toBe('*note: #…#');
  });

  it('stays as it was typed for scripts, and is read without its signs', () => {
    expect(texts(lines(text))).toEqual([text]);
    expect(lines(text).map(spokenText)).toEqual(['a b c d `e` #[secret]# g example.com']);
    expect(texts(lines('*one\ntwo*'))).toEqual(['*one', 'two*']);
  });

  it('cannot smuggle anything into a link', () => {
    const paint = painter({ colors: 'many', links: true });
    const [line] = lines('https://a.example/\u001b]8;;evil\u0007\u00a0\ud800é');
    const painted = line!.spans.map(paint).join('');
    expect(painted).toContain('https://a.example/%E2%90%9B]8;;evil%E2%90%87');
    expect(painted.split('\u001b]8;;')).toHaveLength(3);
    const long = { text: 'x', source: 'x', mark: { kind: 'link', uri: `https://${'x'.repeat(3000)}` } } as const;
    expect(paint(long)).not.toContain(']8;;');
  });
});

describe('terminals', () => {
  it('are asked for no more than they can', () => {
    expect(terminalAbilities({ TERM: 'xterm-256color' })).toEqual({ colors: 'many', links: true });
    expect(terminalAbilities({ TERM: 'xterm' })).toEqual({ colors: 'basic', links: false });
    expect(terminalAbilities({ TERM: 'xterm', COLORTERM: 'truecolor', NO_COLOR: '1' })).toEqual({
      colors: 'none',
      links: true,
    });
    expect(terminalAbilities({ TERM: 'xterm-256color', TERM_PROGRAM: 'Apple_Terminal' }).links).toBe(false);
    expect(terminalAbilities({ TERM: 'linux', COLORTERM: '1' }).links).toBe(false);
  });

  it('that cannot draw, or are read aloud, get plain lines', () => {
    const plain = (env: Record<string, string>, speaks = false) => wantsPlain(env, () => speaks);
    expect([plain({}), plain({ TERM: 'dumb' }), plain({ TERM: 'xterm', SOTTO_PLAIN: '1' })]).toEqual([
      true,
      true,
      true,
    ]);
    expect([plain({ TERM: 'linux' }, true), plain({ TERM: 'linux' }), plain({ TERM: 'xterm' }, true)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('show every contact in a colour of its own, as long as there are', () => {
    const paint = painter({ colors: 'many', links: false });
    const colors = Array.from({ length: 10 }, (_, i) =>
      paint({ text: 'x', source: 'x', mark: { kind: 'name', of: (i + 1) as typeof bob.chatId } }),
    );
    expect(new Set(colors).size).toBe(10);
    expect(
      painter({ colors: 'none', links: false })({ text: 'x', source: 'x', mark: { kind: 'name', of: bob.chatId } }),
    ).toBe('\u001b[1mx\u001b[22m');
  });
});

describe('help', () => {
  it('has something to teach on every topic it names, and no more than fits', () => {
    for (const topic of topicNames) {
      expect(helpLines(topic, 80).length).toBeGreaterThan(3);
      expect(helpLines(topic, 40)).not.toEqual(helpLines('', 40));
    }
    const overview = texts(helpLines('', 80));
    for (const topic of topicNames) expect(overview.at(-1)).toContain(topic);
    expect(texts(helpLines('nonsense', 80))[0]).toBe('there is no help on "nonsense"');
    expect(texts(helpLines('', 40))[0]).toBe('/c  make an invitation link');
    const rows = helpLines('', 40).flatMap((line) => wrapLine(line, 40));
    expect(rows.length).toBeLessThan(24);
  });
});

describe('output that is not drawn', () => {
  const received: ChatItem = {
    ...sent('#42# *x*', { kind: 'pending' }),
    direction: { kind: 'received', integrity: { kind: 'ok' } },
  };

  it('is for scripts as it was typed', async () => {
    let out = '';
    const display = plainDisplay(
      (text) => {
        out += text;
      },
      () => {},
      () => now,
    );
    display.received(renderItem(received, bob, now), received.itemId);
    await display.qrCode('x');
    expect(await display.confirm('really?')).toBe(true);
    expect(out).toBe('19:26 bob> #42# *x*\n');
  });

  it('is spoken without signs and secrets, says sent and delivered, and asks', async () => {
    let out = '';
    const answers = ['yes', 'no', undefined];
    let time = now;
    const display = spokenDisplay(
      (text) => {
        out += text;
      },
      () => time,
      async () => answers.shift(),
    );
    display.received(renderItem(received, bob, now), received.itemId);
    display.sentItem(sent('a', { kind: 'pending' }), bob);
    display.receipt(sent('a', { kind: 'pending' }), bob);
    display.receipt(sent('a', { kind: 'sent' }), bob);
    display.receipt(sent('a', { kind: 'delivered', intact: true }), bob);
    display.receipt(sent('a', { kind: 'failed', reason: 'no room' }), bob);
    display.print(renderFull(sent('a', { kind: 'delivered', intact: true }), bob, now));
    time = at(24, 9);
    display.received(renderItem(received, bob, now), received.itemId);
    expect(out).toBe(
      '19:26 bob> #[secret]# x\n19:26 @bob a, sent\n19:26 @bob a, delivered\nnot sent to bob: 19:26 @bob a: no room\n19:26 @bob a, delivered\nTue 24 Nov 2026\n19:26 bob> #[secret]# x\n',
    );
    expect([await display.confirm('?'), await display.confirm('?'), await display.confirm('?')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('a message of very many lines', () => {
  const many = '\n'.repeat(30_000);
  const shown = (show: (write: (text: string) => void) => void) => {
    let out = '';
    show((text) => {
      out += text;
    });
    return out.split('\n').length;
  };
  const lines = renderItem(sent(many, { kind: 'sent' }), bob, now);

  it('is shortened where a person reads it, and whole for scripts', () => {
    const ask = async () => 'no';
    const spoken = shown((write) => spokenDisplay(write, () => now, ask).received(lines, 1 as ItemId));
    const onTerminal = shown((write) => plainDisplay(write, write, () => now, true).received(lines, 1 as ItemId));
    const inScript = shown((write) => plainDisplay(write, write, () => now).received(lines, 1 as ItemId));
    expect([spoken, onTerminal, inScript].map((count) => count < 300)).toEqual([true, true, false]);
  });

  it('is shortened where a conversation is shown again at the start', async () => {
    const lonely = new FakeChat('me');
    lonely.now = now;
    const carol = lonely.addContact('carol');
    lonely.sendText(carol.chatId, many);
    lonely.storeAddressee(carol.chatId);
    const ask = async () => 'no';
    let out = '';
    const write = (text: string) => {
      out += text;
    };
    await printLastConversation({ ...lonely.face, display: spokenDisplay(write, () => now, ask), now: () => now });
    const count = out.split('\n').length;
    expect(count).toBeGreaterThan(100);
    expect(count).toBeLessThan(300);
  });
});
