/** Thread that makes a KEM key pair for every message it gets. */
import { parentPort } from 'node:worker_threads';
import { generateSntrup761, systemRandom } from '../crypto/index.ts';

parentPort?.on('message', () => {
  const pair = generateSntrup761(systemRandom);
  parentPort?.postMessage(pair, [pair.secretKey.buffer as ArrayBuffer]);
});
