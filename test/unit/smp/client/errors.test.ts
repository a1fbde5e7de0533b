/** What the client tells of what went wrong, and which answers it believes. */
import { describe, expect, it } from 'vitest';
import { createIdentity, createServerCertificate } from '../../../../src/crypto/certificate-authority.ts';
import { certificateFingerprint, generateX25519, systemRandom } from '../../../../src/crypto/index.ts';
import { emptyBytes, utf8 } from '../../../../src/encoding/index.ts';
import { authPublicKey, type SmpServer } from '../../../../src/protocol/index.ts';
import { type SmpClients, SmpError } from '../../../../src/smp/client/index.ts';
import { type Response, SMP_VERSIONS } from '../../../../src/smp/protocol/index.ts';
import type { Transport } from '../../../../src/transport/index.ts';
import { answeringServer, scriptedServer } from '../../../harness/scripted-server.ts';
import { useServerAndClients } from '../../../harness/server-and-clients.ts';
import { authKey, Inbox, never, newQueue } from '../../../harness/smp-client.ts';
import { startTestServer } from '../../../harness/smp-server.ts';

const flags = { notification: false };
const test = useServerAndClients();
const { client } = test;

const ping = (clients: SmpClients, address: SmpServer, signal = never) => clients.ping(address, signal);

describe('errors', () => {
  it('tell another identity from a lost connection, in words', async () => {
    const { clients } = client();
    const other = { ...test.server.address, keyHash: systemRandom.bytes(32) };
    const identity = await ping(clients, other).catch((e: unknown) => e);
    expect(identity).toBeInstanceOf(SmpError);
    expect(identity).toMatchObject({ kind: 'identity', retryable: false });
    expect((identity as SmpError).message).toMatch(/^127\.0\.0\.1 is not the server this address names/);
    await test.server.stop();
    await expect(ping(clients, test.server.address)).rejects.toMatchObject({ kind: 'network', retryable: true });
    test.server = await startTestServer();
  });

  it('refuse a server with the right identity beside a certificate that the identity did not sign', async () => {
    const [nowMs, name] = [Date.now(), '127.0.0.1'];
    const real = createIdentity('ed25519', 'Test CA', nowMs, systemRandom);
    const other = createIdentity('ed25519', 'Test CA', nowMs, systemRandom);
    const byOther = createServerCertificate(other, 'ed25519', name, nowMs, systemRandom);
    const posing = { ...real, keys: { publicKey: real.keys.publicKey, privateKey: other.keys.privateKey } };
    const namingReal = createServerCertificate(posing, 'ed25519', name, nowMs, systemRandom);
    const byReal = createServerCertificate(real, 'ed25519', name, nowMs, systemRandom);
    const { clients } = client();
    for (const [signer, kind] of [
      [byOther, 'identity'],
      [namingReal, 'identity'],
      [byReal, undefined],
    ] as const) {
      const sessions = new Inbox<Transport>();
      const identity = { chain: [signer.certificate, real.certificate], signer };
      const scripted = await scriptedServer((transport) => sessions.push(transport), SMP_VERSIONS, identity);
      const address = { ...scripted.address, keyHash: certificateFingerprint(real.certificate) };
      const controller = new AbortController();
      const call = ping(clients, address, controller.signal).catch((e: unknown) => e);
      if (kind === undefined) {
        // The same with a certificate of the identity is a session.
        const transport = await sessions.next();
        controller.abort(new Error('enough'));
        transport.destroy();
        expect(await call).toMatchObject({ message: 'enough' });
      } else expect(await call).toMatchObject({ kind, retryable: false });
      scripted.close();
    }
  });

  it('tell a server that is too new or too old', async () => {
    const { clients } = client();
    for (const [versions, word] of [
      [{ min: 19, max: 20 }, 'newer'],
      [{ min: 6, max: 8 }, 'older'],
    ] as const) {
      const scripted = await scriptedServer(() => {}, versions);
      const error = await ping(clients, scripted.address).catch((e: unknown) => e);
      expect(error).toMatchObject({ kind: 'version', retryable: false });
      expect((error as SmpError).message).toContain(`the server is ${word}`);
      scripted.close();
    }
  });

  it('carry the code of the server', async () => {
    const { clients } = client();
    const failed = clients.send(test.server.address, systemRandom.bytes(24), undefined, flags, utf8('x'), never);
    await expect(failed).rejects.toMatchObject({ kind: 'protocol', code: { kind: 'AUTH' }, retryable: false });
    const large = clients.send(
      test.server.address,
      systemRandom.bytes(24),
      undefined,
      flags,
      new Uint8Array(17_000),
      never,
    );
    await expect(large).rejects.toMatchObject({ kind: 'response', retryable: false });
  });

  it('say what may help', async () => {
    const guarded = await startTestServer({ password: 'secret' });
    const { clients } = client();
    const refused = await newQueue(clients, guarded.address).catch((e: unknown) => e);
    expect(refused).toMatchObject({
      kind: 'protocol',
      code: { kind: 'AUTH' },
      message:
        '127.0.0.1: the server does not let you create queues: its address may need a password ' +
        '(smp://identity:password@host)',
    });
    await guarded.stop();
    const absent = await ping(client().clients, guarded.address).catch((e: unknown) => e);
    expect((absent as SmpError).message).toBe(
      '127.0.0.1: no connection (ECONNREFUSED): is the server running, and the network up?',
    );
  });

  it('call a full queue temporary', async () => {
    const full = await startTestServer({ quota: 1 });
    const { clients } = client();
    const queue = await newQueue(clients, full.address, { subscribe: false });
    const send = () => clients.send(full.address, queue.sndId, undefined, flags, utf8('x'), never);
    await send();
    await expect(send()).rejects.toMatchObject({ code: { kind: 'QUOTA' }, retryable: true });
    await clients.close();
    await full.stop();
  });
});

describe('an answer', () => {
  const commands = {
    send: (clients, address, id) => clients.send(address, id, undefined, flags, utf8('x'), never),
    acknowledge: (clients, address, id) => clients.ack(address, id, authKey(), systemRandom.bytes(24), never),
    delete: (clients, address, id) => clients.deleteQueue(address, id, authKey(), never),
    secure: (clients, address, id) => clients.secureSender(address, id, authKey(), never),
  } satisfies Record<string, (clients: SmpClients, address: SmpServer, id: Uint8Array) => Promise<unknown>>;
  const changed = (id: Uint8Array) => id.with(id.length - 1, id.at(-1)! ^ 1);

  it.each(Object.entries(commands))('to %s counts for its own queue only', async (_, command) => {
    const { clients } = client();
    const id = systemRandom.bytes(24);
    for (const answerFor of [changed, () => emptyBytes, () => systemRandom.bytes(24)]) {
      const scripted = await answeringServer({ kind: 'OK' }, answerFor);
      await expect(command(clients, scripted.address, id)).rejects.toMatchObject({
        kind: 'response',
        message: '127.0.0.1 sent an answer for another queue',
      });
      scripted.close();
    }
    const honest = await answeringServer({ kind: 'OK' }, (entityId) => entityId);
    await command(clients, honest.address, id);
    honest.close();
  });

  const others = {
    KEY: (clients, address, id) => clients.secure(address, id, authKey(), authPublicKey(authKey()), never),
    SKEY: commands.secure,
    SEND: commands.send,
    ACK: commands.acknowledge,
    DEL: commands.delete,
    OFF: (clients, address, id) => clients.suspend(address, id, authKey(), never),
    GET: (clients, address, id) => clients.getMessage(address, id, authKey(), never),
    QUE: (clients, address, id) => clients.queueInfo(address, id, authKey(), never),
    NEW: (clients, address) => newQueue(clients, address),
    PING: (clients, address) => ping(clients, address),
  } satisfies Record<string, (clients: SmpClients, address: SmpServer, id: Uint8Array) => Promise<unknown>>;

  it.each(Object.entries(others))('to %s that belongs to another command is refused', async (name, command) => {
    const { clients } = client();
    const other: Response = name === 'PING' ? { kind: 'OK' } : { kind: 'PONG' };
    const scripted = await answeringServer(other, (entityId) => entityId);
    await expect(command(clients, scripted.address, systemRandom.bytes(24))).rejects.toMatchObject({
      kind: 'response',
      retryable: false,
      message: `127.0.0.1 answered ${name} with ${other.kind}`,
    });
    scripted.close();
  });

  it('that is an error is told of a new queue as of others, but where a password may help', async () => {
    const { clients } = client();
    const scripted = await answeringServer({ kind: 'ERR', error: { kind: 'INTERNAL' } }, (entityId) => entityId);
    await expect(newQueue(clients, scripted.address)).rejects.toMatchObject({
      code: { kind: 'INTERNAL' },
      retryable: true,
      message: expect.stringMatching(/^127\.0\.0\.1 had an internal error/),
    });
    scripted.close();
  });

  it('that names a new queue counts with any id, as there was none to ask for', async () => {
    const { clients } = client();
    const [rcvId, sndId] = [systemRandom.bytes(24), systemRandom.bytes(24)];
    const serverDhKey = generateX25519(systemRandom).publicKey;
    const rest = { queueMode: 'messaging', linkId: undefined, serviceId: undefined, notifier: undefined } as const;
    const scripted = await answeringServer({ kind: 'IDS', rcvId, sndId, serverDhKey, ...rest }, () => rcvId);
    expect(await newQueue(clients, scripted.address)).toMatchObject({ rcvId, sndId });
    scripted.close();
  });

  it('that is an error counts also without the id of the queue, as servers send it that could not read it', async () => {
    const { clients } = client();
    const scripted = await answeringServer({ kind: 'ERR', error: { kind: 'BLOCK' } }, () => emptyBytes);
    const failed = commands.send(clients, scripted.address, systemRandom.bytes(24));
    await expect(failed).rejects.toMatchObject({ kind: 'protocol', code: { kind: 'BLOCK' } });
    scripted.close();
  });
});
