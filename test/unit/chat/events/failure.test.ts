/** What events say of errors: codes and values of the agent's own, the message of all others. */
import { expect, it } from 'vitest';
import { AgentError } from '../../../../src/agent/index.ts';
import { described } from '../../../../src/chat/events/failure.ts';
import { SmpError } from '../../../../src/smp/client/index.ts';

it('an error of the agent is its code and values, any other its message', () => {
  expect(described(new AgentError('too-large.message', { bytes: 3 }))).toEqual({
    code: 'too-large.message',
    values: { bytes: 3 },
    detail: '',
  });
  const answered = new SmpError('network', 'connection refused');
  expect(described(answered)).toEqual({ code: 'other', values: {}, detail: answered.message });
  expect(described('text')).toEqual({ code: 'other', values: {}, detail: 'text' });
});
