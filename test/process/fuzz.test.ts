/**
 * A server on handshakes and blocks of chance, over TCP and TLS: who sends them loses at most its connection, everybody
 * else is served, and nothing grows. `SOTTO_HANDSHAKES` and `SOTTO_BLOCKS` set how many (`npm run fuzz`: 1,000 and
 * 10,000), `SOTTO_SEED` which.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { generateX25519, pad, systemRandom } from '../../src/crypto/index.ts';
import { concatBytes, emptyBytes, encode } from '../../src/encoding/index.ts';
import {
  BLOCK_SIZE,
  clientHelloCodec,
  plainBlocks,
  SMP_ALPN,
  sealBlock,
  type Transport,
  takeBatch,
} from '../../src/transport/index.ts';
import { tlsConnect } from '../../src/transport/node/index.ts';
import { isErrorLine } from '../harness/log-lines.ts';
import { mutant, numbers, randomBytes } from '../harness/mutants.ts';
import { temporaryFolder } from '../harness/people.ts';
import { freePort, ServerProgram } from '../harness/processes.ts';
import { never, RawClient } from '../harness/smp-client.ts';

const HANDSHAKES = Number(process.env.SOTTO_HANDSHAKES ?? 100);
const BLOCKS = Number(process.env.SOTTO_BLOCKS ?? 1_000);
const SEED = Number(process.env.SOTTO_SEED ?? 0x5077);
const TIMEOUT_MS = 60_000 + 20 * (HANDSHAKES + BLOCKS);

/** After what the first half has left: garbage that is due, and none that stays. */
const ALLOWED_GROWTH = 48 * 1024 * 1024;

const next = numbers(SEED);
const server = new ServerProgram(temporaryFolder(), await freePort());
let bystander: RawClient;
beforeAll(async () => {
  await server.init();
  await server.start();
  bystander = await RawClient.connect(server.server, { min: 12, max: 12 });
});
afterAll(async () => {
  bystander.transport.destroy();
  expect(server.program.lines.all.filter(isErrorLine)).toEqual([]);
  expect(await server.stop('SIGTERM')).toBe(0);
});

const expectServed = async () =>
  expect(await bystander.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });

function held(): { readonly resident: number; readonly descriptors: number } {
  const { pid } = server.program;
  const resident = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
  return { resident, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

/** Runs `action` so often, serving others now and then, and compares what the server holds half way and in the end. */
async function repeat(count: number, action: (i: number) => Promise<void>): Promise<void> {
  let half = held();
  for (let i = 0; i < count; i++) {
    await action(i);
    if (i % 50 === 0) await expectServed();
    if (i === count >> 1) half = held();
  }
  await expectServed();
  const end = held();
  expect(end.resident - half.resident).toBeLessThan(ALLOWED_GROWTH);
  // A few may be closing still.
  expect(end.descriptors).toBeLessThanOrEqual(half.descriptors + 5);
}

const tls = (): Promise<Transport> =>
  tlsConnect(systemClock)({ hosts: server.server.hosts, port: Number(server.server.port), alpn: [SMP_ALPN] }, never);

/** Sends bytes to the bare port, and waits until they are refused. */
function sendTcp(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(server.server.port), '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => {});
    socket.resume();
    socket.once('close', () => resolve());
  });
}

/** Reads until the server closes. */
async function untilClosed(transport: Transport): Promise<void> {
  try {
    while ((await transport.read(BLOCK_SIZE)) !== undefined);
  } catch {
    // Cut in the middle of a block.
  }
  transport.destroy();
}

const hello = () =>
  encode(clientHelloCodec, {
    version: 12,
    keyHash: server.server.keyHash,
    sessionKey: generateX25519(systemRandom).publicKey,
    proxy: false,
    service: undefined,
  });

/** The first block of a client: bytes of chance, a hello that is almost right, or one without its end. */
async function fuzzHello(kind: number): Promise<void> {
  const transport = await tls();
  if (kind === 0) await transport.write(randomBytes(BLOCK_SIZE, next));
  else if (kind === 1) await transport.write(pad(mutant([hello()], next), BLOCK_SIZE));
  else {
    await transport.write(sealBlock(plainBlocks, hello()).subarray(0, next(BLOCK_SIZE)));
    transport.close();
  }
  // A hello that is right after all waits for commands: nothing more comes.
  if (kind === 1) transport.close();
  await untilClosed(transport);
}

it(
  `${HANDSHAKES} random handshakes (seed ${SEED})`,
  async () => {
    const clientHello = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3);
    await repeat(HANDSHAKES, async (i) => {
      if (i % 5 === 0) await sendTcp(randomBytes(next(2_000), next));
      else if (i % 5 === 1) await sendTcp(concatBytes(clientHello, randomBytes(next(600), next)));
      else await fuzzHello(i % 5 === 2 ? 0 : i % 5 === 3 ? 1 : 2);
    });
  },
  TIMEOUT_MS,
);

/** A session of the version, kept for as long as the server keeps it. */
class Sender {
  readonly #version: number;
  #client: RawClient | undefined;
  lost = 0;

  constructor(version: number) {
    this.#version = version;
  }

  async send(make: (client: RawClient) => Promise<void> | void): Promise<void> {
    this.#client ??= await RawClient.connect(server.server, { min: this.#version, max: this.#version });
    const client = this.#client;
    try {
      await make(client);
      await client.send(client.encode(emptyBytes, undefined, { kind: 'PING' }));
      for (;;) {
        const answer = await client.receive();
        if (answer?.response.kind === 'PONG') return;
        if (answer === undefined) break;
      }
    } catch {
      // The connection is gone: that is what it costs.
    }
    client.transport.destroy();
    this.#client = undefined;
    this.lost++;
  }

  close(): void {
    this.#client?.transport.destroy();
  }
}

it(
  `${BLOCKS} random blocks (seed ${SEED})`,
  async () => {
    const plain = new Sender(9);
    const sealed = new Sender(12);
    const valid = (client: RawClient) => client.encode(emptyBytes, undefined, { kind: 'PING' });
    const ways: readonly ((client: RawClient) => Promise<void>)[] = [
      (client) => client.transport.write(randomBytes(BLOCK_SIZE, next)),
      (client) => client.transport.write(pad(randomBytes(next(2_000), next), BLOCK_SIZE)),
      (client) => client.sendBatch(mutant([takeBatch([valid(client)])], next)),
      (client) => client.sendBatch(takeBatch([mutant([valid(client)], next)])),
    ];
    await repeat(BLOCKS, async (i) => {
      // Most go where they are read; a block that is not sealed as it must be ends the session at once.
      if (i % 10 === 0) await sealed.send(ways[0]!);
      else if (i % 10 < 3) await sealed.send(ways[2 + (i % 2)]!);
      else await plain.send(ways[i % 4]!);
    });
    expect(sealed.lost).toBeGreaterThanOrEqual(Math.floor(BLOCKS / 10));
    expect(plain.lost + sealed.lost).toBeLessThan(BLOCKS);
    for (const sender of [plain, sealed]) sender.close();
  },
  TIMEOUT_MS,
);
