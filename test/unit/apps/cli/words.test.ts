/** Errors in the words of the terminal. */
import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../../src/agent/index.ts';
import { errorWords } from '../../../../src/apps/cli/words.ts';
import { ChatError } from '../../../../src/chat/index.ts';

describe('an error in words', () => {
  it.each([
    [new AgentError('passphrase', { path: 'a.db' }), 'The passphrase is wrong, or a.db is not a Sotto database.'],
    [new AgentError('database-locked', { path: 'a.db' }), 'Another program has a.db open. Close it first.'],
    [new AgentError('too-large.message', { bytes: 3 }), 'The message is 3 bytes too long to be sent in one piece.'],
    [
      new AgentError('link.cut-off'),
      'This is not an invitation link. It may have been cut off. Copy the whole link and try again.',
    ],
    [new AgentError('server.none'), 'No SMP server is set. Give one with -s smp://… or host your own.'],
    [new ChatError('not-connected', { name: 'bob', ended: true }), 'bob has deleted the connection.'],
    [new TypeError('neither'), 'neither'],
  ])('%s', (error, words) => {
    expect(errorWords(error)).toBe(words);
  });
});
