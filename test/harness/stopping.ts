/** The behaviour of every server program when it is told to stop. */
import { expect } from 'vitest';
import { utf8 } from '../../src/encoding/index.ts';
import { RawClient } from './smp-client.ts';
import { type Folders, start } from './smp-server-program.ts';

const MESSAGES = 100;

/** Stops a server during messages: all that were answered with OK are there after a restart. */
export async function expectAnswersBeforeItStops(made: Folders): Promise<void> {
  const server = await start(made);
  const client = await RawClient.connect(server.address.server, { min: 12, max: 12 });
  const queue = await client.newQueue();
  const sends = [...Array(MESSAGES)].map((_, i) =>
    client.encode(queue.sndId, undefined, { kind: 'SEND', flags: { notification: false }, body: utf8(`m${i}`) }),
  );
  await client.send(...sends);
  expect((await client.receive())?.response).toEqual({ kind: 'OK' });
  server.child.kill('SIGTERM');
  let acknowledged = 1;
  for (let answer = await client.receive(); answer !== undefined; answer = await client.receive()) {
    if (answer.response.kind === 'OK') acknowledged++;
  }
  expect((await server.ended).code).toBe(0);
  const again = await start(made);
  const reader = await RawClient.connect(again.address.server, { min: 12, max: 12 });
  const info = await reader.ask(queue.rcvId, queue.authKey, { kind: 'QUE' });
  expect(info.kind === 'INFO' && info.info.qiSize).toBeGreaterThanOrEqual(acknowledged);
  reader.transport.destroy();
  again.child.kill('SIGTERM');
  await again.ended;
}
