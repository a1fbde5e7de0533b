/** The box between sender and recipient of a queue: a confirmation first, then messages, and nothing else. */
import { describe, expect, it } from 'vitest';
import { openFromQueue, sealForQueue } from '../../../src/agent/delivery/queue-box.ts';
import { type AgentEnvelope, agentEnvelopeCodec } from '../../../src/agent/protocol/index.ts';
import type { RcvQueue, SndQueue } from '../../../src/agent/types.ts';
import { generateX25519, systemRandom, x25519 } from '../../../src/crypto/index.ts';
import { encode } from '../../../src/encoding/index.ts';

const [recipient, sender] = [generateX25519(systemRandom), generateX25519(systemRandom)];
const secret = x25519(sender.privateKey, recipient.publicKey);
const rcvQueue = (e2eSecret?: Uint8Array, clientVersion = 4) =>
  ({ e2eKeys: recipient, e2eSecret, clientVersion }) as unknown as RcvQueue;
const sndQueue = (clientVersion = 4) =>
  ({ e2ePublicKey: sender.publicKey, e2eSecret: secret, clientVersion }) as unknown as SndQueue;

const confirmation: AgentEnvelope = {
  kind: 'confirmation',
  version: 7,
  e2eParams: undefined,
  encrypted: new Uint8Array(9),
};
const message: AgentEnvelope = { kind: 'message', version: 7, encrypted: new Uint8Array(10) };
const seal = (envelope: AgentEnvelope, withKey: boolean, version?: number) =>
  sealForQueue(systemRandom, sndQueue(version), encode(agentEnvelopeCodec, envelope), withKey);

describe('a queue that nobody has confirmed', () => {
  it('opens a confirmation with the key in it, and says which secret to keep', () => {
    const opened = openFromQueue(rcvQueue(), seal(confirmation, true));
    expect(opened).toMatchObject({ kind: 'first', e2eSecret: secret, clientVersion: 4, envelope: confirmation });
  });

  it('refuses a message', () => {
    expect(() => openFromQueue(rcvQueue(), seal(message, false))).toThrow(
      expect.objectContaining({ code: 'message.unconfirmed' }),
    );
  });
});

describe('a queue that was confirmed', () => {
  it('opens messages, and knows a confirmation that comes again', () => {
    expect(openFromQueue(rcvQueue(secret), seal(message, false))).toMatchObject({ kind: 'next', envelope: message });
    expect(openFromQueue(rcvQueue(secret), seal(confirmation, true))).toEqual({ kind: 'repeated-confirmation' });
  });

  it('refuses what is sealed by somebody else, and keys that only a confirmation may have', () => {
    expect(() => openFromQueue(rcvQueue(systemRandom.bytes(32)), seal(message, false))).toThrow();
    expect(() => openFromQueue(rcvQueue(secret), seal(message, true))).toThrow(
      expect.objectContaining({ code: 'message.unexpected-key' }),
    );
  });

  it('refuses a newer version than it knows, unless that was agreed', () => {
    expect(() => openFromQueue(rcvQueue(secret), seal(message, false, 5))).toThrow(
      expect.objectContaining({ kind: 'version' }),
    );
    expect(openFromQueue(rcvQueue(secret, 5), seal(message, false, 5))).toMatchObject({ kind: 'next' });
  });
});

it('all messages are as long, and all confirmations', () => {
  const sizes = (envelope: AgentEnvelope, withKey: boolean) =>
    [1, 500, 9_000].map(
      (size) => seal({ ...envelope, encrypted: new Uint8Array(size) } as AgentEnvelope, withKey).length,
    );
  for (const [envelope, withKey] of [
    [message, false],
    [confirmation, true],
  ] as const) {
    expect(new Set(sizes(envelope, withKey)).size).toBe(1);
  }
});
