/** What a person reads of errors that servers answer with. */
import { expect, it } from 'vitest';
import { parseSmpServer } from '../../../../src/protocol/index.ts';
import { protocolError } from '../../../../src/smp/client/errors.ts';
import type { ErrorType } from '../../../../src/smp/protocol/index.ts';

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

/** As servers write them, without the words of the protocol that a person cannot know. */
const answers: readonly [ErrorType, string][] = [
  [{ kind: 'AUTH' }, 'smp.example does not know this queue'],
  [{ kind: 'QUOTA' }, 'smp.example accepts no more messages for this contact until the waiting ones are read'],
  [{ kind: 'INTERNAL' }, 'smp.example had an internal error'],
  [{ kind: 'LARGE_MSG' }, 'smp.example does not accept messages of this size'],
  [{ kind: 'EXPIRED' }, 'smp.example received the message too late'],
  [{ kind: 'SERVICE' }, 'smp.example does not let this program act as a service'],
  [{ kind: 'PROXY', error: { kind: 'BASIC_AUTH' } }, 'smp.example forwards messages only with its password'],
  [{ kind: 'PROXY', error: { kind: 'NO_SESSION' } }, 'smp.example is no longer connected to the other server'],
  [
    { kind: 'PROXY', error: { kind: 'PROTOCOL', error: { kind: 'AUTH' } } },
    'the server behind it does not know this queue, or the key does not match',
  ],
  [
    { kind: 'PROXY', error: { kind: 'BROKER', error: { kind: 'NETWORK' } } },
    'smp.example could not forward to another server: it cannot be reached',
  ],
  [{ kind: 'PROXY', error: { kind: 'BROKER', error: { kind: 'TIMEOUT' } } }, 'it did not answer in time'],
  [{ kind: 'PROXY', error: { kind: 'BROKER', error: { kind: 'HOST' } } }, 'its address is invalid or not allowed'],
];

it.each(answers)('%j is told in words', (error, words) => {
  const { message } = protocolError(server, error);
  expect(message).toContain(words);
  expect(message).toContain('smp.example');
  expect(message).not.toMatch(/\b[A-Z_]{4,}\b/);
});

it.each([
  [{ kind: 'CMD', error: 'SYNTAX' }, 'CMD SYNTAX'],
  [{ kind: 'BLOCK' }, 'BLOCK'],
  [{ kind: 'STORE', text: 'disk' }, 'STORE disk'],
  [
    { kind: 'PROXY', error: { kind: 'BROKER', error: { kind: 'TRANSPORT', error: { kind: 'VERSION' } } } },
    'TRANSPORT VERSION',
  ],
] as const)('%j is an error of a program, whose code is named beside the words', (error, code) => {
  const { message } = protocolError(server, error);
  expect(message).toMatch(new RegExp(`^smp\\.example .*\\(${code}\\)$`));
});
