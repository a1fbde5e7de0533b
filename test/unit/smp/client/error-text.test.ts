/** What a person reads of errors that servers answer with. */
import { expect, it } from 'vitest';
import { parseSmpServer } from '../../../../src/protocol/index.ts';
import { protocolError } from '../../../../src/smp/client/errors.ts';

const { server } = parseSmpServer(`smp://${'A'.repeat(43)}=@smp.example`);

it.each([
  ['spam', 'it was used for spam'],
  ['content', 'its operator does not allow what was sent over it'],
] as const)('BLOCKED for %s is told in words', (reason, words) => {
  const { message } = protocolError(server, { kind: 'BLOCKED', info: { reason, notice: undefined } });
  expect(message).toContain(`smp.example has blocked this queue, because ${words}.`);
  expect(message).not.toContain('BLOCKED');
  expect(message).toContain('connect again over another server');
});

it('other errors name the server and what it answered', () => {
  expect(protocolError(server, { kind: 'INTERNAL' }).message).toBe('smp.example answered INTERNAL');
});
