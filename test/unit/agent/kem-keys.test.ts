/** The stock of KEM key pairs, and the thread that fills it. */
import { describe, expect, it } from 'vitest';
import { KemKeyPairs } from '../../../src/agent/index.ts';
import { deferred } from '../../../src/base/index.ts';
import type { Sntrup761KeyPair } from '../../../src/crypto/index.ts';
import { person } from '../../harness/people.ts';

const pair = (n: number): Sntrup761KeyPair => ({
  publicKey: new Uint8Array(1158).fill(n),
  secretKey: new Uint8Array(1763).fill(n),
});

describe('key pairs made ahead', () => {
  it('are wiped when the stock is closed, also those that come afterwards', async () => {
    const [first, late] = [pair(1), pair(2)];
    const batches = [deferred<readonly Sntrup761KeyPair[]>(), deferred<readonly Sntrup761KeyPair[]>()];
    let asked = 0;
    let closed = 0;
    const make = Object.assign(() => batches[asked++]!.promise, { close: () => void closed++ });
    const pairs = new KemKeyPairs(make, () => pair(3));
    pairs.prepare();
    batches[0]!.resolve([first]);
    await batches[0]!.promise;
    expect(asked).toBe(2);
    pairs.close();
    expect(closed).toBe(1);
    batches[1]!.resolve([late]);
    await batches[1]!.promise;
    for (const each of [first, late]) expect(each.secretKey.every((byte) => byte === 0)).toBe(true);
    expect(pairs.take().secretKey[0]).toBe(3);
    expect(asked).toBe(2);
  });

  it('end with the chat that they were made for', async () => {
    let closed = 0;
    const make = Object.assign(async () => [], { close: () => void closed++ });
    const alice = await person('alice', [], { kemKeyPairMaker: make });
    expect(closed).toBe(0);
    await alice.api.stop();
    expect(closed).toBe(1);
  });
});
