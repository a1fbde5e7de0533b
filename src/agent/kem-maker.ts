/** Two generators of KEM key pairs in advance. */
import { Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../base/index.ts';
import { generateSntrup761Batch, type Sntrup761KeyPair, systemRandom } from '../crypto/index.ts';
import type { KemKeyPairMaker } from './kem-keys.ts';

/**
 * Generates pairs on a thread, which starts with the first request, does not keep the program alive, and ends with
 * `close`.
 */
export function threadKemKeyPairMaker(): KemKeyPairMaker {
  let worker: Worker | undefined;
  const waiting: Deferred<readonly Sntrup761KeyPair[]>[] = [];
  const start = () => {
    const started = new Worker(new URL('./kem-worker.js', import.meta.url), {
      // Flags of the main program, such as --input-type, can prevent a thread from starting.
      execArgv: [],
    });
    started.on('message', (pairs: readonly Sntrup761KeyPair[]) => waiting.shift()?.resolve(pairs));
    started.on('error', (error) => {
      for (const batch of waiting.splice(0)) batch.reject(error);
    });
    // After adding the listeners, which would keep the program alive again.
    started.unref();
    return started;
  };
  const make = (count: number) => {
    worker ??= start();
    const batch = deferred<readonly Sntrup761KeyPair[]>();
    waiting.push(batch);
    worker.postMessage(count);
    return batch.promise;
  };
  return Object.assign(make, {
    close() {
      void worker?.terminate();
      worker = undefined;
      for (const batch of waiting.splice(0)) batch.reject(new Error('the generator of key pairs was closed'));
    },
  });
}

/** Generates pairs on this thread when it is idle: for programs that run from sources, such as tests. */
export function idleKemKeyPairMaker(): KemKeyPairMaker {
  return (count) =>
    new Promise((resolve) => {
      setImmediate(() => resolve(generateSntrup761Batch(systemRandom, count)));
    });
}
