/** Secrets of senders are remembered within limits, and only once they were shown to be theirs. */
import { describe, expect, it } from 'vitest';
import { generateX25519, systemRandom } from '../../../src/crypto/index.ts';
import { concatBytes } from '../../../src/encoding/index.ts';
import { authorize, authPublicKey, type KnownSecrets, verifyAuthorization } from '../../../src/protocol/index.ts';
import { Room, SharedRoom } from '../../../src/smp/server/room.ts';
import { SessionSecrets } from '../../../src/smp/server/sessions/known-secrets.ts';
import { authKey } from '../../harness/smp-client.ts';

const secret = () => ({ boxKey: systemRandom.bytes(32) });
const key = () => systemRandom.bytes(32);

describe('secrets of a session', () => {
  it('are as many as there is room for, and wiped', () => {
    const shared = new SharedRoom(3);
    const session = new SessionSecrets(new Room({ own: 2, most: 3 }, shared));
    const [keys, secrets] = [Array.from({ length: 4 }, key), Array.from({ length: 4 }, secret)];
    for (let i = 0; i < 3; i++) session.add(keys[i]!, secrets[i]!);
    expect(keys.map((one) => session.get(one))).toEqual([secrets[0], secrets[1], secrets[2], undefined]);
    session.add(keys[3]!, secrets[3]!);
    expect(keys.map((one) => session.get(one))).toEqual([undefined, undefined, undefined, secrets[3]]);
    expect(secrets[0]!.boxKey).toEqual(new Uint8Array(32));
    expect(shared.used).toBe(1);
    session.clear();
    expect(shared.used).toBe(0);
    expect(session.get(keys[3]!)).toBeUndefined();
  });

  it('are those of keys that made a valid authenticator, and change no answer', () => {
    const server = generateX25519(systemRandom);
    const [sender, other] = [authKey('x25519'), authKey('x25519')];
    const added: string[] = [];
    const session = new SessionSecrets(new Room({ own: 5, most: 5 }, new SharedRoom(5)));
    const known: KnownSecrets = {
      get: (publicKey) => session.get(publicKey),
      add(publicKey, value) {
        added.push(Buffer.from(publicKey).toString('hex'));
        session.add(publicKey, value);
      },
    };
    const context = { sessionId: key(), serverKey: server.publicKey, hasServiceSignature: false };
    const corrId = systemRandom.bytes(24);
    const authorized = systemRandom.bytes(100);
    const signed = [concatBytes(Uint8Array.of(32), context.sessionId), authorized];
    const holds = (by: typeof sender) =>
      verifyAuthorization(authPublicKey(sender), {
        authorization: authorize(context, by, corrId, authorized),
        signed,
        corrId,
        serverPrivateKey: server.privateKey,
        known,
      });
    expect([holds(other), holds(sender), holds(other), holds(sender)]).toEqual([false, true, false, true]);
    expect(added).toEqual([Buffer.from(sender.keys.publicKey).toString('hex')]);
  });
});
