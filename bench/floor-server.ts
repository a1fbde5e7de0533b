/**
 * The minimum cost of a full cycle: a server that moves the same bytes through the same TLS, ciphers, keys and disk,
 * and does nothing else. It has no protocol: `node floor-server.js <config folder> <data folder>`.
 *
 * A sender's block is opened, its queue looked up, its authenticator verified, its message put into the store's engine
 * and synced; then the message is encrypted for the recipient, and a block is sent to each. The recipient's block is
 * opened, its queue looked up, its signature verified, the message removed and synced, and a block is returned. A queue
 * is found by either of two ids, and knows its number of messages.
 */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { boxOpen, boxSeal, hkdfSha512, sha512, verifyEd25519, x25519 } from '#sotto/crypto';
import { sqliteEngine } from '#sotto/smp/server';
import { ANSWER, BLOCK_SIZE, floorWork, IDLER, MESSAGE, RECIPIENT, SENDER } from './floor-work.ts';

const [configFolder, dataFolder] = process.argv.slice(2) as [string, string];
const { key, nonce, plain, own, peer, authenticator, signed, signature, signer } = floorWork();
const noSalt = new Uint8Array(0);

const engine = sqliteEngine(dataFolder);
const [queues, senders, states, messages] = [
  engine.table('queues'),
  engine.table('senders'),
  engine.table('states'),
  engine.table('messages'),
];

/** Changes collected during a sync share the next one. */
let gathering: { operations: (() => void)[]; done: (() => void)[] } = { operations: [], done: [] };
let isCommitting = false;

function store(operation: () => void): Promise<void> {
  return new Promise((resolve) => {
    gathering.operations.push(operation);
    gathering.done.push(resolve);
    if (isCommitting) return;
    isCommitting = true;
    setImmediate(() => void commit());
  });
}

async function commit(): Promise<void> {
  while (gathering.operations.length > 0) {
    const { operations, done } = gathering;
    gathering = { operations: [], done: [] };
    await engine.commit(operations);
    for (const resolve of done) resolve();
  }
  isCommitting = false;
}

/** Opening and sealing each take one step of the key chain. */
const step = () => hkdfSha512(noSalt, key, 'SimpleXSbChain', 88);

function openBlock(block: Uint8Array): void {
  step();
  boxOpen(key, nonce, block);
}

function writeBlock(socket: TLSSocket, kind: number): void {
  step();
  const block = boxSeal(key, nonce, plain);
  block[0] = kind;
  socket.write(block);
}

let recipient: TLSSocket | undefined;
const queueKey = (number: number) => Buffer.from(number.toString(16).padStart(48, '0'), 'hex');
/** Lower keys belong to the queue. */
const FIRST_NUMBER = 4;
let stored = FIRST_NUMBER;
const numbers: number[] = [];

/** The rows of a queue under its ids. */
const ids = { recipient: queueKey(1), sender: queueKey(2), state: queueKey(3) };
const record = Buffer.alloc(200, 5);
await engine.commit([() => queues.put(ids.recipient, record), () => senders.put(ids.sender, record.subarray(0, 24))]);
async function send(socket: TLSSocket, block: Buffer): Promise<void> {
  openBlock(block);
  senders.get(ids.sender);
  queues.get(ids.recipient);
  boxOpen(x25519(own.privateKey, peer.publicKey), nonce, authenticator);
  sha512(plain);
  const number = stored++;
  const value = Buffer.from(plain);
  await store(() => {
    messages.put(queueKey(number), value);
    states.put(ids.state, record.subarray(0, 18));
  });
  numbers.push(number);
  writeBlock(socket, ANSWER);
  // What is delivered was read from disk.
  boxSeal(key, nonce, messages.get(queueKey(number)) ?? plain);
  if (recipient !== undefined) writeBlock(recipient, MESSAGE);
}

async function acknowledge(socket: TLSSocket, block: Buffer): Promise<void> {
  openBlock(block);
  queues.get(ids.recipient);
  verifyEd25519(signer.publicKey, signature, signed);
  const number = numbers.shift() ?? FIRST_NUMBER;
  await store(() => {
    messages.remove(queueKey(number));
    states.remove(ids.state);
  });
  writeBlock(socket, ANSWER);
}

const server = createServer(
  {
    cert: readFileSync(join(configFolder, 'server.crt')),
    key: readFileSync(join(configFolder, 'server.key')),
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_CHACHA20_POLY1305_SHA256',
    ecdhCurve: 'X25519',
    noDelay: true,
  },
  (socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    let role: number | undefined;
    socket.on('readable', () => {
      if (role === undefined) {
        const first = socket.read(1) as Buffer | null;
        if (first === null) return;
        role = first[0];
        if (role === RECIPIENT) recipient = socket;
      }
      for (;;) {
        const block = socket.read(BLOCK_SIZE) as Buffer | null;
        if (block === null || block.length < BLOCK_SIZE) return;
        if (role === IDLER) writeBlock(socket, ANSWER);
        else void (role === SENDER ? send : acknowledge)(socket, block);
      }
    });
  },
);
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.on('SIGTERM', () => process.exit(0));
