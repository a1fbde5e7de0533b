/** Faces that make mistakes: whatever they do with an event, the conversation goes on as if they had not. */
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/chat/index.ts';
import { gathering } from '../harness/gathering.ts';
import { allDelivered, connectPeople, numbered, untilIdle } from '../harness/people.ts';

const { meet } = gathering();

const mistakes: Readonly<Record<string, (event: ChatEvent) => void>> = {
  throws: () => {
    throw new Error('a mistake');
  },
  'throws what looks like an error of the database': () => {
    throw Object.assign(new Error('database disk image is malformed'), { code: 'SQLITE_CORRUPT' });
  },
  rejects: async () => {
    await Promise.resolve();
    throw new Error('a mistake');
  },
};

describe.each(Object.entries(mistakes))('a face that %s at every event', (_, onEvent) => {
  it('loses no message, no receipt, and makes none fail', async () => {
    const alice = await meet('alice', { onEvent });
    const bob = await meet('bob', { onEvent });
    await connectPeople(alice, bob);
    for (const n of numbered(5)) {
      alice.chat.sendText(alice.contact().chatId, n);
      bob.chat.sendText(bob.contact().chatId, n);
    }
    await allDelivered(alice);
    await allDelivered(bob);
    expect(alice.received()).toEqual(numbered(5));
    expect(bob.received()).toEqual(numbered(5));
    await untilIdle(alice);
    await untilIdle(bob);
  });
});

describe('an event', () => {
  it('reaches the face outside of the command or message that caused it', async () => {
    let inside = false;
    const events: string[] = [];
    const alice = await meet('alice', {
      onEvent: (event) => {
        expect(inside).toBe(false);
        events.push(event.kind);
      },
    });
    const bob = await meet('bob');
    await connectPeople(alice, bob);
    const { chatId } = alice.contact();
    const { itemId } = alice.chat.sendText(chatId, 'hello');
    await allDelivered(alice);
    inside = true;
    alice.chat.react(itemId, '👍', true);
    alice.chat.verify(chatId, alice.chat.securityCode(chatId));
    inside = false;
    expect(events.indexOf('contactConnecting')).toBeLessThan(events.indexOf('contactConnected'));
  });
});
