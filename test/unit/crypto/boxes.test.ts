/** Padding, boxes, the key chain of blocks and AES-GCM: what was changed, cut or meant for another key never opens. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as c from '../../../src/crypto/index.ts';
import { concatBytes, latin1 } from '../../../src/encoding/index.ts';
import { anyBytes, exactBytes } from '../../harness/codec.ts';

/** Fails in the one way it may. */
const refused = (run: () => unknown) => expect(run).toThrow(c.CryptoError);
const flipped = (bytes: Uint8Array, bit: number) => {
  const changed = bytes.slice();
  const at = (bit >> 3) % bytes.length;
  changed[at] = changed[at]! ^ (1 << (bit & 7));
  return changed;
};
const key = exactBytes(32);
const nonce = exactBytes(24);

describe('padding', () => {
  it('fits exactly, and gives back what was padded', () => {
    fc.assert(
      fc.property(anyBytes(60), fc.nat(40), (message, room) => {
        const size = message.length + c.PAD_OVERHEAD + room;
        const padded = c.pad(message, size);
        expect(padded).toHaveLength(size);
        expect(latin1(padded.subarray(2 + message.length))).toBe('#'.repeat(room));
        expect(c.unPad(padded)).toEqual(message);
        refused(() => c.pad(message, message.length + 1));
        for (let length = 0; length < 2 + message.length; length++) refused(() => c.unPad(padded.subarray(0, length)));
      }),
    );
  });

  it('says how long a message may be', () => {
    const longest = new Uint8Array(0xffff - 2);
    expect(c.unPad(c.pad(longest, 0x10000))).toHaveLength(longest.length);
    refused(() => c.pad(new Uint8Array(longest.length + 1), 0x20000));
    refused(() => c.pad(new Uint8Array(0), 1));
    refused(() => c.unPad(Uint8Array.of(0xff, 0xff, 0)));
  });
});

describe('boxes', () => {
  it('with keys that are kept are the same whatever was boxed meanwhile', () => {
    fc.assert(
      fc.property(key, key, nonce, anyBytes(50), (secret, other, n, message) => {
        const kept = c.boxKey(secret);
        c.boxOpen(other, n, c.boxSeal(other, n, message));
        refused(() => c.boxOpen(other, n, new Uint8Array(c.BOX_TAG_SIZE)));
        expect(c.boxSeal(kept, n, message)).toEqual(c.boxSeal(secret, n, message));
      }),
    );
  });

  it('open with their key and nonce only, whole and unchanged', () => {
    fc.assert(
      fc.property(key, nonce, anyBytes(50), fc.nat(), (secret, n, message, bit) => {
        const sealed = c.boxSeal(secret, n, message);
        expect(sealed).toHaveLength(message.length + c.BOX_TAG_SIZE);
        expect(c.boxOpen(c.boxKey(secret), n, sealed)).toEqual(message);
        refused(() => c.boxOpen(secret, n, flipped(sealed, bit)));
        refused(() => c.boxOpen(flipped(secret, bit), n, sealed));
        refused(() => c.boxOpen(secret, flipped(n, bit), sealed));
        for (let length = 0; length < sealed.length; length++) {
          refused(() => c.boxOpen(secret, n, sealed.subarray(0, length)));
        }
        refused(() => c.boxOpen(secret, n, concatBytes(sealed, Uint8Array.of(0))));
      }),
    );
  });

  it('padded', () => {
    fc.assert(
      fc.property(key, nonce, anyBytes(50), fc.nat(20), (secret, n, message, room) => {
        const size = message.length + 2 + room;
        const sealed = c.boxSealPadded(secret, n, message, size);
        expect(sealed).toHaveLength(size + 16);
        expect(c.boxOpenPadded(secret, n, sealed)).toEqual(message);
        refused(() => c.boxSealPadded(secret, n, message, message.length + 1));
        // A true box of something that is not padded.
        refused(() => c.boxOpenPadded(secret, n, c.boxSeal(secret, n, Uint8Array.of(0xff, 0xff, 1))));
      }),
    );
  });

  it('need keys and nonces of their size', () => {
    const secret = new Uint8Array(32);
    for (const size of [0, 31, 33]) refused(() => c.boxKey(new Uint8Array(size)));
    for (const size of [0, 23, 25]) {
      refused(() => c.boxSeal(secret, new Uint8Array(size), secret));
      refused(() => c.boxOpen(secret, new Uint8Array(size), new Uint8Array(40)));
    }
  });

  it('a key does not depend on where its secret stands in memory', () => {
    const whole = c.systemRandom.bytes(41);
    expect(c.boxKey(whole.subarray(9)).boxKey).toEqual(c.boxKey(whole.slice(9)).boxKey);
  });

  it('reverseNonce is its own inverse and leaves the nonce alone', () => {
    fc.assert(
      fc.property(nonce, (n) => {
        const before = n.slice();
        expect(c.reverseNonce(c.reverseNonce(n))).toEqual(before);
        expect(n).toEqual(before);
      }),
    );
  });
});

describe('authenticator', () => {
  const a = c.generateX25519(c.systemRandom);
  const b = c.generateX25519(c.systemRandom);

  it('holds for its message, nonce and keys; anything else is false', () => {
    fc.assert(
      fc.property(nonce, anyBytes(40), fc.nat(), (n, message, bit) => {
        const made = c.authenticate(b.publicKey, a.privateKey, n, message);
        const holds = (peer = a.publicKey, own = b.privateKey, m = message, with_ = made, at = n) =>
          c.verifyAuthenticator(c.authenticatorKey(peer, own), at, with_, m);
        expect(made).toHaveLength(c.AUTHENTICATOR_SIZE);
        expect(holds()).toBe(true);
        // It is not a signature: whoever may check it could have made it.
        expect(holds(b.publicKey, a.privateKey)).toBe(true);
        expect(holds(b.publicKey, b.privateKey)).toBe(false);
        for (const size of [31, 32]) expect(() => holds(new Uint8Array(size))).toThrow(c.CryptoError);
        expect(holds(a.publicKey, b.privateKey, concatBytes(message, Uint8Array.of(0)))).toBe(false);
        expect(holds(a.publicKey, b.privateKey, message, flipped(made, bit))).toBe(false);
        expect(holds(a.publicKey, b.privateKey, message, made.subarray(1))).toBe(false);
        expect(holds(a.publicKey, b.privateKey, message, made, flipped(n, bit))).toBe(false);
        expect(holds(a.publicKey, b.privateKey, message, made, n.subarray(1))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});

function seal(chain: c.BoxChain, message: Uint8Array, size: number): Uint8Array {
  const block = new Uint8Array(size);
  chain.sealInto(block, message);
  return block;
}

describe('block chains', () => {
  it('open in order what the other end sealed, in both directions', () => {
    const block = fc.record({ toClient: fc.boolean(), message: anyBytes(60) });
    fc.assert(
      fc.property(key, key, fc.array(block, { maxLength: 12 }), (sessionId, secret, blocks) => {
        const server = c.boxChains(sessionId, secret);
        const client = c.boxChains(sessionId, secret);
        const seen = new Set<string>();
        for (const { toClient, message } of blocks) {
          const way = toClient ? 'serverToClient' : 'clientToServer';
          const [from, to] = toClient ? [server, client] : [client, server];
          const sealed = seal(from[way], message, 100);
          expect(sealed).toHaveLength(100);
          expect(to[way].open(sealed)).toEqual(message);
          seen.add(latin1(sealed));
        }
        expect(seen.size).toBe(blocks.length);
      }),
    );
  });

  it('open nothing out of order, twice, changed, cut, or of another direction or session', () => {
    const secret = c.systemRandom.bytes(32);
    const session = (id: number) => c.boxChains(new Uint8Array(32).fill(id), secret);
    const message = Uint8Array.of(1, 2, 3);
    const blocks = (n: number) => {
      const { serverToClient } = session(1);
      return Array.from({ length: n }, () => seal(serverToClient, message, 64));
    };
    const [first, second] = blocks(2) as [Uint8Array, Uint8Array];
    refused(() => session(1).serverToClient.open(second));
    refused(() => session(1).clientToServer.open(first));
    refused(() => session(2).serverToClient.open(first));
    for (let bit = 0; bit < 64 * 8; bit++) refused(() => session(1).serverToClient.open(flipped(first, bit)));
    for (let size = 0; size < 64; size++) refused(() => session(1).serverToClient.open(first.subarray(0, size)));
    const { serverToClient } = session(1);
    expect(serverToClient.open(first)).toEqual(message);
    refused(() => serverToClient.open(first));
    refused(() => seal(session(1).serverToClient, new Uint8Array(47), 64));
  });

  it('are alike from the same start, whatever becomes of its bytes', () => {
    const start = c.systemRandom.bytes(32);
    const [one, two] = [new c.BoxChain(start.slice()), new c.BoxChain(start.slice())];
    start.fill(0);
    const message = Uint8Array.of(1, 2, 3);
    const blocks = (chain: c.BoxChain) => [seal(chain, message, 64), seal(chain, message, 64)];
    expect(blocks(one)).toEqual(blocks(two));
  });
});

describe('AES-256-GCM', () => {
  it('opens with its key, IV and associated data only, whole and unchanged', () => {
    fc.assert(
      fc.property(key, exactBytes(16), anyBytes(20), anyBytes(50), fc.nat(), (k, iv, ad, message, bit) => {
        const sealed = c.aeadSeal(k, iv, ad, message);
        expect(sealed.ciphertext).toHaveLength(message.length);
        expect(c.aeadOpen(k, iv, ad, sealed)).toEqual(message);
        refused(() => c.aeadOpen(flipped(k, bit), iv, ad, sealed));
        refused(() => c.aeadOpen(k, flipped(iv, bit), ad, sealed));
        refused(() => c.aeadOpen(k, iv, concatBytes(ad, Uint8Array.of(0)), sealed));
        refused(() => c.aeadOpen(k, iv, ad, { ...sealed, tag: flipped(sealed.tag, bit) }));
        for (let size = 0; size < 16; size++) {
          refused(() => c.aeadOpen(k, iv, ad, { ...sealed, tag: sealed.tag.subarray(0, size) }));
        }
        if (message.length === 0) return;
        refused(() => c.aeadOpen(k, iv, ad, { ...sealed, ciphertext: flipped(sealed.ciphertext, bit) }));
        refused(() => c.aeadOpen(k, iv, ad, { ...sealed, ciphertext: sealed.ciphertext.subarray(1) }));
      }),
    );
  });
});

describe('memory', () => {
  it('constantTimeEqual compares contents and lengths', () => {
    fc.assert(
      fc.property(anyBytes(40), anyBytes(40), fc.nat(), (a, b, bit) => {
        expect(c.constantTimeEqual(a, a.slice())).toBe(true);
        expect(c.constantTimeEqual(a, b)).toBe(latin1(a) === latin1(b));
        expect(c.constantTimeEqual(a, concatBytes(a, Uint8Array.of(0)))).toBe(false);
        if (a.length > 0) expect(c.constantTimeEqual(a, flipped(a, bit))).toBe(false);
      }),
    );
  });

  it('wipe zeroes its bytes and none beside them', () => {
    const whole = new Uint8Array(20).fill(7);
    const other = new Uint8Array(3).fill(7);
    c.wipe(whole.subarray(5, 15), new Uint8Array(0), other);
    expect([...whole]).toEqual([...new Array(5).fill(7), ...new Array(10).fill(0), ...new Array(5).fill(7)]);
    expect([...other]).toEqual([0, 0, 0]);
    c.wipe();
  });
});
