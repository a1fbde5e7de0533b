/** What becomes of messages that will never arrive, and of events that cannot be handled. */
import { beforeEach, expect, it } from 'vitest';
import { AgentError, type ConnId, type MsgId } from '../../../src/agent/index.ts';
import type { ChatId } from '../../../src/chat/api/index.ts';
import { LonelyChat } from '../../harness/lonely-chat.ts';

let here: LonelyChat;
let bob: ChatId;
beforeEach(() => {
  here = new LonelyChat();
  bob = here.addContact('bob');
  here.events.splice(0);
});

it.each([
  [new AgentError('server.peer-queue-gone'), 'queue-gone'],
  [new AgentError('session-lost'), 'session-lost'],
  [new AgentError('disk.full', {}, { retryable: true }), 'expired'],
  [new AgentError('too-large.message'), 'refused'],
  [new Error('something else'), 'refused'],
])('%s: %s', (error, reason) => {
  here.chat.sendText(bob, 'hi');
  const msgId = here.sql.get<{ msg_id: MsgId }>('SELECT msg_id FROM deliveries')!.msg_id;
  here.handle({ kind: 'sendFailed', connId: 'bob' as ConnId, msgId, error });
  expect(here.chat.items(bob, 1)[0]?.direction).toEqual({ kind: 'sent', status: { kind: 'failed', reason } });
});

it('an event whose handling fails is told; a failed database is for the agent to try again', () => {
  const event = { kind: 'connectionFailed', connId: 'bob' as ConnId } as const;
  const failing = (thrown: unknown) =>
    Object.defineProperty({ ...event }, 'error', {
      get: () => {
        throw thrown;
      },
    }) as never;
  here.handle(failing(new Error('a mistake')));
  expect(here.events).toMatchObject([{ kind: 'error', failure: 'other' }]);
  expect(() => here.handle(failing(new AgentError('disk.full')))).toThrow(expect.objectContaining({ kind: 'disk' }));
});

it('tells a queue that is gone from one that another program has', () => {
  here.handle({ kind: 'subscriptionEnded', connId: 'bob' as ConnId, deleted: true });
  here.handle({ kind: 'subscriptionEnded', connId: 'bob' as ConnId, deleted: false });
  expect(here.events.map(({ kind }) => kind)).toEqual(['error', 'subscriptionEnded']);
});
