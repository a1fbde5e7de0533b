/** Thread that makes as many KEM key pairs as each message to it says. */
import { parentPort } from 'node:worker_threads';
import { generateSntrup761Batch, systemRandom } from '../crypto/index.ts';

parentPort?.on('message', (count: number) => {
  const pairs = generateSntrup761Batch(systemRandom, count);
  // The secrets move to the other thread, and leave no copy here.
  const secrets = pairs.map(({ secretKey }) => secretKey.buffer as ArrayBuffer);
  parentPort?.postMessage(pairs, secrets);
});
