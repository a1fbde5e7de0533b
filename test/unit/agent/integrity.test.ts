import { describe, expect, it } from 'vitest';
import { checkIntegrity } from '../../../src/agent/connection/incoming.ts';
import { bytesFrom } from '../../harness/vectors.ts';

const last = { sndMsgId: 7, hash: bytesFrom(1, 32) };

describe('the sequence of received messages', () => {
  it.each([
    ['the next one', 8, last.hash, { kind: 'ok' }],
    ['another history', 8, bytesFrom(2, 32), { kind: 'bad-hash' }],
    ['a gap of one', 9, last.hash, { kind: 'skipped', from: 8, to: 8 }],
    ['a gap of many', 12, bytesFrom(2, 32), { kind: 'skipped', from: 8, to: 11 }],
    ['the same number', 7, last.hash, { kind: 'duplicate' }],
    ['an earlier number', 3, last.hash, { kind: 'bad-id' }],
  ])('%s', (_, sndMsgId, prevHash, expected) => {
    expect(checkIntegrity(last, sndMsgId, prevHash)).toEqual(expected);
  });
});
