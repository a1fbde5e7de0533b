/** Ways to make KEM key pairs ahead of need. */
import { Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../base/index.ts';
import { generateSntrup761, type Sntrup761KeyPair, systemRandom } from '../crypto/index.ts';
import type { KemKeyPairMaker } from './kem-keys.ts';

/** Makes pairs in a thread of their own, which starts with the first and keeps no program alive. */
export function threadKemKeyPairMaker(): KemKeyPairMaker {
  let worker: Worker | undefined;
  const waiting: Deferred<Sntrup761KeyPair>[] = [];
  const start = () => {
    const started = new Worker(new URL('./kem-worker.js', import.meta.url));
    started.on('message', (pair: Sntrup761KeyPair) => waiting.shift()?.resolve(pair));
    started.on('error', (error) => {
      for (const pair of waiting.splice(0)) pair.reject(error);
    });
    // After the listeners: adding one would keep the program alive again.
    started.unref();
    return started;
  };
  return () => {
    worker ??= start();
    const pair = deferred<Sntrup761KeyPair>();
    waiting.push(pair);
    worker.postMessage('make');
    return pair.promise;
  };
}

/** Makes pairs in this thread, between other work: where the program runs from sources, as tests do. */
export function idleKemKeyPairMaker(): KemKeyPairMaker {
  return () =>
    new Promise((resolve) => {
      setImmediate(() => resolve(generateSntrup761(systemRandom)));
    });
}
