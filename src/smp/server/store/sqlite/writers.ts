/** Two ways to write changes: on a writer thread, or on this thread. */
import { Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../../../../base/index.ts';
import { DataFileWriter, type Growth } from './writer.ts';
import type { WriterAnswer, WriterData, WriterRequest } from './writer-messages.ts';

export interface AsyncWriter {
  /** Resolves when the changes are on disk; transfers `bytes`. Rejects with SQLite's errors. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<Growth>;
  checkpoint(): Promise<void>;
  close(): Promise<void>;
}

/** Writes on a thread, which keeps the process alive only while a request is pending. */
class ThreadWriter implements AsyncWriter {
  readonly #data: WriterData;
  readonly #waiting: Deferred<Growth>[] = [];
  #worker: Worker | undefined;

  constructor(data: WriterData) {
    this.#data = data;
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<Growth> {
    return this.#ask({ kind: 'write', bytes }, [bytes.buffer]);
  }

  async checkpoint(): Promise<void> {
    await this.#ask({ kind: 'checkpoint' });
  }

  async close(): Promise<void> {
    if (this.#worker !== undefined) await this.#ask({ kind: 'close' });
  }

  #ask(request: WriterRequest, transfer: ArrayBuffer[] = []): Promise<Growth> {
    this.#worker ??= this.#start();
    this.#worker.ref();
    const answer = deferred<Growth>();
    this.#waiting.push(answer);
    this.#worker.postMessage(request, transfer);
    return answer.promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./store-writer.js', import.meta.url), {
      workerData: this.#data,
      // Flags of the main program, such as --input-type, can prevent a thread from starting.
      execArgv: [],
    });
    worker.on('message', (answer: WriterAnswer) => {
      const waiting = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      if (answer.kind === 'done') waiting?.resolve(answer.growth);
      else waiting?.reject(Object.assign(new Error(answer.message), { code: answer.code }));
    });
    let reason: unknown;
    worker.on('error', (error) => {
      reason = error;
    });
    // The next request starts a new thread.
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      const cause = new Error('the thread that writes to the store has ended', { cause: reason });
      for (const waiting of this.#waiting.splice(0)) waiting.reject(cause);
    });
    return worker;
  }
}

export const threadWriter = (data: WriterData): AsyncWriter => new ThreadWriter(data);

/** Writes on this thread, blocking it: for tools without other work, and where the program runs from sources. */
export function directWriter({ path, synced }: WriterData): AsyncWriter {
  const writer = new DataFileWriter(path, synced);
  return {
    write: async (bytes) => writer.write(bytes),
    checkpoint: async () => writer.checkpoint(),
    close: async () => writer.close(),
  };
}
