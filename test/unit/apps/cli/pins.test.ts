/** `/pin`, `/unpin` and `/pins`, on a chat with a real database. */
import { beforeEach, expect, it } from 'vitest';
import { Session } from '../../../../src/apps/cli/commands/session.ts';
import { plainDisplay } from '../../../../src/apps/cli/show/display.ts';
import type { ChatId } from '../../../../src/chat/index.ts';
import { LonelyChat } from '../../../harness/lonely-chat.ts';

let here: LonelyChat;
let bob: ChatId;
let session: Session;
let said: string;
let failed: string;

beforeEach(() => {
  here = new LonelyChat();
  bob = here.addContact('bob');
  const now = () => here.clock.now();
  const display = plainDisplay(
    (text) => {
      said += text;
    },
    (text) => {
      failed += text;
    },
    now,
  );
  const contacts = { all: () => here.chat.contacts() };
  session = new Session({ chat: here.api, contacts, display, now, signal: new AbortController().signal });
});

/** What a line says, on standard output or as an error. */
async function run(line: string): Promise<string> {
  [said, failed] = ['', ''];
  const outcome = await session.run(line);
  expect(outcome, said + failed).toBe(failed === '' ? 'ok' : 'failed');
  return said + failed;
}

it('a message is pinned by how it begins, listed, and taken back', async () => {
  const carol = here.addContact('carol');
  here.chat.sendText(bob, 'the door code is #4711#');
  here.chat.sendText(carol, 'the train leaves at nine');
  expect(await run('/pins')).toContain('/pin @<name>');
  expect(await run('/pin @bob THE DOOR')).toBe('pinned: the door code is #…#\n');
  await run('/pin @carol the train');
  expect(await run('/pins')).toMatch(/@bob the door[^\n]*\n[^\n]*@carol the train[^\n]*\n$/);
  expect(await run('/pins @carol')).toMatch(/^[^\n]*@carol the train[^\n]*\n$/);
  expect(await run('/unpin @bob the door')).toBe('not pinned any more: the door code is #…#\n');
  expect(await run('/pins @bob')).toContain('/pin @bob');
});

it('pinning twice, and taking back what is not pinned, is a sentence', async () => {
  here.chat.sendText(bob, 'hello');
  await run('/pin @bob hello');
  expect(await run('/pin @bob hello')).toBe('/pin: This message is pinned already.\n');
  await run('/unpin @bob hello');
  expect(await run('/unpin @bob hello')).toBe(
    '/unpin: No pinned message with bob begins with "hello". /pins @bob lists them.\n',
  );
  expect(await run('/pin @bob nothing')).toContain('There is no message with bob that begins with "nothing".');
});

it('one too many is refused with what to do', async () => {
  for (let n = 0; n <= 100; n++) here.chat.sendText(bob, `${n}.`);
  for (const { itemId } of here.chat.items(bob, 100)) here.chat.pinMessage(itemId, true);
  expect(await run('/pin @bob 0.')).toBe(
    '/pin: There can be 100 pinned messages in a conversation: take one back first, with /unpin.\n',
  );
});

it('the newest that is pinned is taken back, though a newer message begins so', async () => {
  here.chat.sendText(bob, 'call me');
  await run('/pin @bob call');
  here.chat.sendText(bob, 'call me, please');
  expect(await run('/unpin @bob call')).toBe('not pinned any more: call me\n');
});

it('an edited message is listed as it is now', async () => {
  const { itemId } = here.chat.sendText(bob, 'at nine');
  await run('/pin @bob at');
  here.chat.editMessage(itemId, 'at ten');
  const listed = await run('/pins @bob');
  expect(listed).toContain('at ten');
  expect(listed).not.toContain('nine');
});
