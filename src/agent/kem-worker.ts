/** Thread that generates as many KEM key pairs as each message requests. */
import { parentPort } from 'node:worker_threads';
import { generateSntrup761Batch, systemRandom } from '../crypto/index.ts';

parentPort?.on('message', (count: number) => {
  const pairs = generateSntrup761Batch(systemRandom, count);
  // The secrets are transferred to the other thread, not copied.
  const secrets = pairs.map(({ secretKey }) => secretKey.buffer as ArrayBuffer);
  parentPort?.postMessage(pairs, secrets);
});
