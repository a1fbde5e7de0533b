/**
 * `npm start [-- options of sotto chat]`: makes the checkout ready, then starts a chat over a server on this machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, markRunning, prepare, root } from './setup.mjs';

await prepare();
markRunning();

let startChat;
try {
  ({ startChat } = await import('../dist/apps/sotto/start.js'));
} catch (error) {
  fail(`The build cannot be loaded (${error.message}). Delete the folder dist and try again.`);
}

/** A server that was started runs from the build too, and longer than this program. */
function onServerStarted(pid) {
  const folder = join(root, 'dist', '.running');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, String(pid)), '');
}

await startChat(process.argv.slice(2), onServerStarted).catch((error) => fail(error.message));
