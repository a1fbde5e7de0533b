/**
 * Messages between processes of one program over a pipe: plain values and byte arrays, in the order they were sent.
 * Messages sent in one turn of the event loop are written together.
 *
 * ```
 * frame = length count *message      ; 4 bytes each, big-endian; the length is that of the messages
 * ```
 */
import type { Duplex } from 'node:stream';
import { DefaultDeserializer, DefaultSerializer } from 'node:v8';
import { deferred } from '../../base/index.ts';
import { borrowBytes } from '../../encoding/index.ts';

const HEAD_SIZE = 8;

/** Serializes byte arrays by length; other objects with external memory are not sent. */
class MessageSerializer extends DefaultSerializer {
  _writeHostObject(bytes: Uint8Array): void {
    this.writeUint32(bytes.length);
    this.writeRawBytes(bytes);
  }
}

/** Gives every byte array memory of its own, so that it keeps no others alive; large ones use borrowed buffers. */
class MessageDeserializer extends DefaultDeserializer {
  _readHostObject(): Uint8Array {
    const length = this.readUint32();
    const bytes = borrowBytes(length);
    bytes.set(this.readRawBytes(length));
    return bytes;
  }
}

export class ProcessChannel<Sent, Received> {
  /** Resolves when the other end is closed. */
  readonly ended: Promise<void>;
  readonly #pipe: Duplex;
  readonly #receive: (message: Received) => void;
  #gathering: { readonly serializer: MessageSerializer; count: number } | undefined;
  #chunks: Buffer[] = [];
  #arrived = 0;

  constructor(pipe: Duplex, receive: (message: Received) => void) {
    const ended = deferred<void>();
    this.ended = ended.promise;
    this.#pipe = pipe;
    this.#receive = receive;
    pipe.on('data', (chunk: Buffer) => this.#take(chunk));
    // The end of a process may or may not be an error for its pipes.
    pipe.on('error', () => {});
    pipe.once('end', () => pipe.destroy());
    pipe.once('close', () => ended.resolve());
  }

  /** Serializes the message at once: its buffers may be reused afterwards. */
  send(message: Sent): void {
    if (this.#gathering === undefined) {
      const serializer = new MessageSerializer();
      serializer.writeHeader();
      this.#gathering = { serializer, count: 0 };
      setImmediate(() => this.#flush());
    }
    this.#gathering.count++;
    this.#gathering.serializer.writeValue(message);
  }

  /** Closes the channel after sending what is queued. */
  close(): void {
    this.#flush();
    this.#pipe.end();
  }

  #flush(): void {
    const gathered = this.#gathering;
    this.#gathering = undefined;
    if (gathered === undefined || !this.#pipe.writable) return;
    const messages = gathered.serializer.releaseBuffer();
    const head = Buffer.alloc(HEAD_SIZE);
    head.writeUInt32BE(messages.length, 0);
    head.writeUInt32BE(gathered.count, 4);
    this.#pipe.cork();
    this.#pipe.write(head);
    this.#pipe.write(messages);
    this.#pipe.uncork();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#arrived += chunk.length;
    while (this.#arrived >= HEAD_SIZE) {
      const size = HEAD_SIZE + this.#joined(HEAD_SIZE).readUInt32BE(0);
      if (this.#arrived < size) return;
      const first = this.#joined(size);
      this.#chunks[0] = first.subarray(size);
      this.#arrived -= size;
      this.#read(first.subarray(HEAD_SIZE, size), first.readUInt32BE(4));
    }
  }

  /** Joins received chunks until the first has at least `size` bytes. */
  #joined(size: number): Buffer {
    if (this.#chunks[0]!.length < size) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #read(messages: Buffer, count: number): void {
    const deserializer = new MessageDeserializer(messages);
    deserializer.readHeader();
    for (let i = 0; i < count; i++) this.#receive(deserializer.readValue() as Received);
  }
}
