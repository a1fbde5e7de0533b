/** Commands on one connection to a server that reads and answers when the test says so. */
import { afterEach, describe, expect, it } from 'vitest';
import { certificateFingerprint, generateX25519, systemRandom } from '../../../../src/crypto/index.ts';
import { decode, emptyBytes, encode } from '../../../../src/encoding/index.ts';
import { authorizedCodec, encodeTransmission, transmissionCodec } from '../../../../src/protocol/index.ts';
import { openConnection, type SmpConnection, SmpError } from '../../../../src/smp/client/index.ts';
import {
  type Command,
  commandCodec,
  type Response,
  responseCodec,
  SMP_VERSIONS,
} from '../../../../src/smp/protocol/index.ts';
import {
  type ConnectTarget,
  parseBatch,
  readBlock,
  runServerHandshake,
  type Transport,
  type TransportConnect,
  TransportError,
  writeBatches,
} from '../../../../src/transport/index.ts';
import { manualClock } from '../../../harness/manual-clock.ts';
import { pipeTransports } from '../../../harness/pipe-transport.ts';
import { never } from '../../../harness/smp-client.ts';
import { testIdentity } from '../../../harness/smp-server.ts';

const identity = testIdentity();
const server = { hosts: ['smp.example'], port: '', keyHash: certificateFingerprint(identity.chain[1]!) };
const ping: Command = { kind: 'PING' };
const send = (size: number): Command => ({ kind: 'SEND', flags: { notification: false }, body: new Uint8Array(size) });
const open: Transport[] = [];
afterEach(() => {
  for (const transport of open.splice(0)) transport.destroy();
});

/** An attempt to connect, the server's end of it, and the clock of the client, whose writes can be made to fail. */
function attempt(signal = never) {
  const faults = { write: undefined as Error | undefined };
  const pipe = pipeTransports(systemRandom.bytes(32), identity.chain);
  open.push(pipe.server);
  const clock = manualClock();
  const client: Transport = {
    ...pipe.client,
    write: (bytes) => (faults.write === undefined ? pipe.client.write(bytes) : Promise.reject(faults.write)),
  };
  const opening = openConnection(
    { server, connect: async () => client, clock, random: systemRandom, onEvent() {} },
    signal,
  );
  return { opening, clock, transport: pipe.server, faults };
}

async function connected() {
  const { opening, clock, transport, faults } = attempt();
  const session = await runServerHandshake(transport, {
    ...identity,
    versions: SMP_VERSIONS,
    keys: generateX25519(systemRandom),
    nowMs: Date.now(),
    registry: async () => undefined,
  });
  const connection = await opening;
  /** The commands in the next block; undefined when the client has closed. */
  const read = async () => {
    const block = await readBlock(transport, session.blocks);
    return (block === undefined ? [] : parseBatch(block)).map((raw) => {
      const { corrId, command } = decode(
        authorizedCodec,
        decode(transmissionCodec(session.hasServiceSignature), raw).authorized,
      );
      return { corrId, command: decode(commandCodec(session.version), command).kind };
    });
  };
  const answer = (corrId: Uint8Array, response: Response | Uint8Array) => {
    const command = response instanceof Uint8Array ? response : encode(responseCodec(session.version), response);
    const sent = encodeTransmission({ corrId, entityId: emptyBytes, command }, undefined, undefined);
    return writeBatches(transport, session.blocks, [sent]).written;
  };
  return { connection, clock, transport, faults, read, answer };
}

/** What became of a promise, as far as that is known without anything from outside. */
async function settled(promise: Promise<unknown>): Promise<unknown> {
  const turns = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    return 'waiting';
  };
  return Promise.race([promise.catch((error: unknown) => error), turns()]);
}

const request = (connection: SmpConnection, command: Command = ping, signal = never) =>
  connection.request(emptyBytes, undefined, command, signal);

it.each([
  ['443', 'http/1.1'],
  ['5223', 'smp/1'],
  ['', 'smp/1'],
])('the protocol that is offered at port %j is %s, as pages for browsers are served at 443', async (port, alpn) => {
  const targets: ConnectTarget[] = [];
  const connect: TransportConnect = async (target) => {
    targets.push(target);
    throw new TransportError('network', 'refused');
  };
  const options = { server: { ...server, port }, connect, clock: manualClock(), random: systemRandom, onEvent() {} };
  await expect(openConnection(options, never)).rejects.toMatchObject({ kind: 'network' });
  expect(targets).toEqual([{ hosts: ['smp.example'], port: Number(port || '5223'), alpn: [alpn] }]);
});

describe('the handshake', () => {
  it('may take 15 s, and no longer', async () => {
    const { opening, clock, transport } = attempt();
    expect(await settled(opening)).toBe('waiting');
    clock.advance(14_999);
    expect(await settled(opening)).toBe('waiting');
    clock.advance(1);
    expect(await settled(opening)).toMatchObject({
      kind: 'timeout',
      message: 'smp.example: it accepts connections but does not respond: is it overloaded?',
    });
    await transport.closed;
  });

  it('ends with the call that wanted it', async () => {
    const controller = new AbortController();
    const { opening, transport } = attempt(controller.signal);
    expect(await settled(opening)).toBe('waiting');
    controller.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    await transport.closed;
  });

  it('with a server that says something else closes the connection', async () => {
    const { opening, transport } = attempt();
    await Promise.all([
      expect(opening).rejects.toMatchObject({ kind: 'response' }),
      // The rest of the write is lost with the connection.
      transport.write(new Uint8Array(16_384).fill(0xff)).catch(() => {}),
    ]);
    await transport.closed;
  });
});

describe('a command', () => {
  it('waits 20 s for its answer, and no longer', async () => {
    const { connection, clock } = await connected();
    const waiting = request(connection);
    clock.advance(19_999);
    expect(await settled(waiting)).toBe('waiting');
    clock.advance(1);
    await expect(waiting).rejects.toMatchObject({ kind: 'timeout', message: 'smp.example: no answer to PING' });
  });

  it('that gets no answer while others do fails alone', async () => {
    const { connection, clock, read, answer } = await connected();
    const silent = request(connection);
    await read();
    clock.advance(10_000);
    const answered = request(connection);
    const [command] = await read();
    await answer(command!.corrId, { kind: 'PONG' });
    expect(await answered).toEqual({ kind: 'PONG' });
    clock.advance(10_000);
    await expect(silent).rejects.toMatchObject({ kind: 'timeout' });
    expect(await settled(connection.ended)).toBe('waiting');
  });

  it('whose answer cannot be read fails alone', async () => {
    const { connection, read, answer } = await connected();
    const first = request(connection);
    const second = request(connection);
    const ids = (await read()).map(({ corrId }) => corrId);
    await answer(ids[0]!, new TextEncoder().encode('NONSENSE'));
    await expect(first).rejects.toMatchObject({ kind: 'response', message: 'smp.example sent invalid data' });
    await answer(ids[1]!, { kind: 'PONG' });
    expect(await second).toEqual({ kind: 'PONG' });
  });

  it('travels in one block with others that are given at the same time', async () => {
    const { connection, read } = await connected();
    for (let i = 0; i < 3; i++) void request(connection).catch(() => {});
    expect((await read()).length).toBe(3);
  });

  it('is not sent any more once it was given up, and takes no memory while the server does not read', async () => {
    const { connection, clock, read } = await connected();
    const controller = new AbortController();
    const early = request(connection, ping, controller.signal);
    controller.abort(new Error('enough'));
    await expect(early).rejects.toThrow('enough');

    const held = request(connection, send(16_000));
    expect(await settled(held)).toBe('waiting');
    // The server has not read yet: these wait here.
    const again = new AbortController();
    const calledOff = request(connection, ping, again.signal);
    const late = request(connection, { kind: 'LGET' });
    expect(await settled(calledOff)).toBe('waiting');
    again.abort(new Error('enough'));
    await expect(calledOff).rejects.toThrow('enough');
    expect((await read()).map(({ command }) => command)).toEqual(['SEND']);
    expect((await read()).map(({ command }) => command)).toEqual(['LGET']);
    clock.advance(20_000);
    for (const waiting of [held, late]) await expect(waiting).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('that was given up has no part in whether the connection lives', async () => {
    const { connection, clock, read } = await connected();
    const controller = new AbortController();
    const calledOff = request(connection, ping, controller.signal);
    await read();
    controller.abort(new Error('enough'));
    await expect(calledOff).rejects.toThrow('enough');
    clock.advance(20_000);
    expect(await settled(connection.ended)).toBe('waiting');
  });

  it('is not sent when it was called off before', async () => {
    const { connection, read } = await connected();
    await expect(request(connection, ping, AbortSignal.abort(new Error('early')))).rejects.toThrow('early');
    void request(connection, { kind: 'LGET' }).catch(() => {});
    expect((await read()).map(({ command }) => command)).toEqual(['LGET']);
  });
});

describe('a connection that has ended', () => {
  it('says that the server closed it', async () => {
    const { connection, transport, read } = await connected();
    const waiting = request(connection);
    await read();
    transport.close();
    const closed = { kind: 'network', retryable: true, message: 'smp.example closed the connection' };
    await expect(waiting).rejects.toMatchObject(closed);
    expect(await connection.ended).toMatchObject(closed);
  });

  it('ends when something cannot be written, with everything that waits', async () => {
    const { connection, faults, read } = await connected();
    const sent = request(connection);
    await read();
    faults.write = new Error('EPIPE');
    const broken = { kind: 'network', retryable: true, message: 'smp.example: the connection broke' };
    await expect(request(connection)).rejects.toMatchObject(broken);
    await expect(sent).rejects.toMatchObject(broken);
    expect(await connection.ended).toMatchObject(broken);
  });

  it('goes on telling the first reason', async () => {
    const { connection, transport } = await connected();
    const reason = new SmpError('network', 'the client is closing');
    connection.end(reason);
    await transport.closed;
    await settled(connection.ended);
    await expect(request(connection)).rejects.toBe(reason);
    expect(await connection.ended).toBe(reason);
  });
});
