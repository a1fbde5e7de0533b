/** A terminal that changes its size, again and again while rows come in: no row of before stays on the screen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Session } from '../../../../src/apps/cli/commands/session.ts';
import { Terminal } from '../../../../src/apps/cli/terminal/terminal.ts';
import { FakeChat } from '../../../harness/fake-chat.ts';
import { VirtualTerminal } from '../../../harness/virtual-terminal.ts';

const NOW = new Date(2026, 10, 23, 19, 26).getTime();
const settle = () => new Promise((resolve) => setImmediate(resolve));

function open(columns: number, rows: number) {
  const port = new VirtualTerminal(columns, rows);
  const chat = new FakeChat('me');
  chat.now = NOW;
  const bob = chat.addContact('bob');
  const abilities = { colors: 'none', links: false } as const;
  const terminal = new Terminal({ port, abilities, ...chat.face, now: () => NOW, askNothing: true });
  const { signal } = new AbortController();
  const onActive = terminal.setActive.bind(terminal);
  const session = new Session({ ...chat.face, display: terminal.display, now: () => NOW, signal, onActive });
  chat.onEvent = (event) => {
    session.handle(event);
    terminal.refresh();
  };
  void terminal.run((line) => session.run(line), signal);
  return { port, chat, bob, terminal };
}

type Step =
  | { readonly kind: 'row' | 'type'; readonly text: string }
  | { readonly kind: 'size'; readonly columns: number; readonly rows: number; readonly reflow: boolean };

const words = fc
  .array(fc.constantFrom('hello', 'a', '日本語', 'https://a.example/long/path/to/a/page', 'wonderful', '👍'), {
    minLength: 1,
    maxLength: 30,
  })
  .map((list) => list.join(' '));
const size = fc.record({
  kind: fc.constant('size' as const),
  columns: fc.integer({ min: 20, max: 200 }),
  rows: fc.integer({ min: 5, max: 60 }),
  reflow: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  size,
  size,
  fc.record({ kind: fc.constantFrom('row' as const, 'type' as const), text: words }),
);

describe('another size', () => {
  it('leaves on the screen what a fresh drawing of it has', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), size, (steps, last) => {
        const one = open(80, 24);
        const said: (Step & { readonly kind: 'row' | 'type' })[] = [];
        for (const each of [...steps, last]) {
          if (each.kind === 'size') {
            one.port.resize(each.columns, each.rows, each.reflow);
            // Several changes may come before the program is told of one.
            if (each === last || each.rows % 3 > 0) one.port.onResize();
            continue;
          }
          said.push(each as Step & { readonly kind: 'row' | 'type' });
          if (each.kind === 'row') one.chat.receive(one.bob, each.text);
          else one.terminal.display.sentItem(one.chat.sendText(one.bob.chatId, each.text), one.bob);
        }
        const fresh = open(last.columns, last.rows);
        for (const each of said) {
          if (each.kind === 'row') fresh.chat.receive(fresh.bob, each.text);
          else fresh.terminal.display.sentItem(fresh.chat.sendText(fresh.bob.chatId, each.text), fresh.bob);
        }
        one.terminal.refresh();
        fresh.terminal.refresh();
        expect(one.port.text).toEqual(fresh.port.text);
        expect(one.port.cursor).toEqual(fresh.port.cursor);
      }),
      { numRuns: 200 },
    );
  });

  it('shows an edit that took more rows in one place', async () => {
    const { port } = open(80, 24);
    const long = `changed ${'very '.repeat(30)}much`;
    for (const line of ['@bob short', `! @bob (short) ${long}`]) {
      port.type(`${line}\r`);
      await settle();
    }
    port.resize(100, 30, false);
    port.onResize();
    await settle();
    expect(port.text.join('\n').match(/@bob (?:\[edited\] )?changed very/g)).toHaveLength(1);
    expect(port.text.join('\n')).toContain('@bob short');
  });

  it('keeps what is typed, and marks of messages that are on the screen', async () => {
    const { port, chat, bob } = open(60, 12);
    port.type('@bob hello\r');
    await settle();
    port.type('more');
    port.resize(30, 8, true);
    port.onResize();
    chat.setStatus(chat.items(bob.chatId, 1)[0]!.itemId, { kind: 'delivered', intact: true });
    expect(port.text.slice(0, 2)).toEqual(['19:26 @bob hello ✓✓', '@bob> more']);
  });
});

describe('marks of messages that a list shows', () => {
  it('change there too, and a line of its own tells only what is nowhere on the screen', async () => {
    const { port, chat, bob } = open(60, 20);
    port.type('@bob hello\r');
    await settle();
    const { itemId } = chat.items(bob.chatId, 1)[0]!;
    chat.setStatus(itemId, { kind: 'sent' });
    port.type('/tail @bob\r');
    await settle();
    chat.setStatus(itemId, { kind: 'delivered', intact: true });
    const marked = port.text.filter((row) => row.includes('hello'));
    expect(marked).toEqual(['19:26 @bob hello ✓✓', '19:26 @bob hello ✓✓']);
    expect(port.text.filter((row) => row.startsWith('✓'))).toEqual([]);
  });
});
