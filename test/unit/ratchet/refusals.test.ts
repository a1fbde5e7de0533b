/** What a session refuses, with which error, and that its state stays as it was; and what it opens late. */
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src/crypto/index.ts';
import { decode, encode } from '../../../src/encoding/index.ts';
import * as r from '../../../src/ratchet/index.ts';
import { encryptedHeaderCodec, encryptedMessageCodec } from '../../../src/ratchet/message.ts';
import { type Party, ratchetEnv, session } from '../../harness/ratchet-parties.ts';

function expectRefused(party: Party, message: Uint8Array, kind: r.RatchetErrorKind): void {
  const before = party.ratchet;
  // Trying again does not help: what is refused once is refused always.
  expect(() => party.open(message)).toThrow(expect.objectContaining({ name: 'RatchetError', kind, retryable: false }));
  expect(party.ratchet).toBe(before);
}

/** The message with the last byte of one of its parts changed. */
function damaged(message: Uint8Array, part: 'header' | 'tag' | 'body'): Uint8Array {
  const parts = decode(encryptedMessageCodec, message);
  const changed = parts[part].slice();
  changed[changed.length - 1]! ^= 1;
  return encode(encryptedMessageCodec, { ...parts, [part]: changed });
}

describe('a session refuses', () => {
  it.each(['tag', 'body'] as const)('a message whose %s was changed on its way', (part) => {
    const { initiator, joiner } = session(false, false);
    const message = joiner.seal('hello');
    expectRefused(initiator, damaged(message, part), 'decrypt');
    expect(initiator.open(message)).toBe('hello');
  });

  it('a message whose header was changed on its way, or that is of another session', () => {
    const { initiator, joiner } = session(false, false);
    expectRefused(initiator, damaged(joiner.seal('hello'), 'header'), 'header');
    expectRefused(initiator, session(false, false).joiner.seal('hello'), 'header');
  });

  it('ratchet versions before 3, and takes newer ones', () => {
    const { initiator, joiner } = session(false, false);
    const ofVersion = (version: number) => {
      const { header, ...rest } = decode(encryptedMessageCodec, joiner.seal('hello'));
      const old = encode(encryptedHeaderCodec, { ...decode(encryptedHeaderCodec, header), version });
      return encode(encryptedMessageCodec, { ...rest, header: old });
    };
    expectRefused(initiator, ofVersion(2), 'version');
    // The version is authenticated with the body: it was read, and only the body does not open.
    expectRefused(initiator, ofVersion(4), 'decrypt');
  });

  it('what was received before, and tells the last message from earlier ones', () => {
    const { initiator, joiner } = session(false, false);
    const [first, second] = [joiner.seal('first'), joiner.seal('second')];
    initiator.open(first);
    expectRefused(initiator, first, 'duplicate');
    initiator.open(second);
    expectRefused(initiator, first, 'earlier');
    expectRefused(initiator, second, 'duplicate');
  });

  it('what was received in an earlier chain', () => {
    const { initiator, joiner } = session(false, false);
    const [skipped, first] = [joiner.seal('skipped'), joiner.seal('first')];
    initiator.open(first);
    joiner.open(initiator.seal('answer'));
    initiator.open(joiner.seal('next chain'));
    // A key of the chain is still kept, so its headers open; the key of this message was used.
    expectRefused(initiator, first, 'earlier');
    expect(initiator.open(skipped)).toBe('skipped');
    expectRefused(initiator, skipped, 'header');
  });

  it('an answer to a KEM key that was not proposed', () => {
    const { initiator, joiner } = session(false, false);
    const keys = ratchetEnv.kemKeyPair();
    const peerPublicKey = ratchetEnv.kemKeyPair().publicKey;
    const accepted = { peerPublicKey, ...ratchetEnv.kem.encapsulate(peerPublicKey, systemRandom) };
    joiner.ratchet = { ...joiner.ratchet, supportKem: true, kem: { keys, accepted } };
    expectRefused(initiator, joiner.seal('accepted'), 'kem');
  });

  it('a reply that accepts a KEM key that was not proposed', () => {
    const proposing = r.initiatorParams(ratchetEnv, true);
    const { params } = r.joinerParams(ratchetEnv, proposing.params, true);
    const { secrets } = r.initiatorParams(ratchetEnv, false);
    expect(() => r.x3dhInitiator(ratchetEnv, secrets, params)).toThrow(expect.objectContaining({ kind: 'kem' }));
  });
});

describe('messages that come late', () => {
  it('open when they are of any earlier chain, each once', () => {
    const { initiator, joiner } = session(true, true);
    const late: [string, Uint8Array][] = [];
    for (const chain of ['first', 'second', 'third']) {
      for (const name of ['a', 'b']) late.push([chain + name, joiner.seal(chain + name)]);
      initiator.open(joiner.seal(`the one of the ${chain} chain that comes at once`));
      joiner.open(initiator.seal('answer'));
    }
    for (const [text, message] of late) {
      expect(initiator.open(message)).toBe(text);
      expect(() => initiator.open(message)).toThrow(r.RatchetError);
    }
    expect(initiator.skipped).toEqual([]);
  });
});

describe('PQ', () => {
  const talk = ({ initiator, joiner }: { initiator: Party; joiner: Party }) => {
    for (let i = 0; i < 3; i++) {
      initiator.open(joiner.seal('ping'));
      joiner.open(initiator.seal('pong'));
    }
  };

  it('stays off when nobody asks for it', () => {
    // As the agent begins a session that may use PQ later: headers have room, nothing is proposed.
    const both = session(false, false);
    for (const party of [both.initiator, both.joiner]) party.ratchet = { ...party.ratchet, enableKem: false };
    talk(both);
    for (const { ratchet } of [both.initiator, both.joiner]) {
      expect(ratchet).toMatchObject({ kem: undefined, enableKem: false, sendingKem: false, receivingKem: false });
    }
  });

  it('goes off on both sides when one side turns it off', () => {
    const both = session(true, true);
    talk(both);
    expect(both.joiner.ratchet).toMatchObject({ enableKem: true, sendingKem: true, receivingKem: true });
    both.initiator.open(both.joiner.seal('ping', false));
    both.joiner.open(both.initiator.seal('pong'));
    talk(both);
    for (const { ratchet } of [both.initiator, both.joiner]) {
      expect(ratchet).toMatchObject({ kem: undefined, enableKem: false, sendingKem: false, receivingKem: false });
    }
  });
});

it.each([
  { ours: 3, agreed: 3 },
  { ours: 4, agreed: 4 },
  { ours: 5, agreed: 4 },
])('a peer that speaks version 4 moves us up to $agreed when we speak $ours', ({ ours, agreed }) => {
  const { initiator, joiner } = session(false, false);
  joiner.ratchet = { ...joiner.ratchet, versions: { current: 4, maxSupported: 4 } };
  initiator.ratchet = { ...initiator.ratchet, versions: { current: 3, maxSupported: ours } };
  initiator.open(joiner.seal('hello'));
  expect(initiator.ratchet.versions).toEqual({ current: agreed, maxSupported: ours });
});
