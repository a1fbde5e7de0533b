/** The server on blocks that are almost right: it answers or drops, and serves everybody else. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emptyBytes, encode } from '../../src/encoding/index.ts';
import { commandCodec } from '../../src/smp/protocol/index.ts';
import { takeBatch } from '../../src/transport/index.ts';
import { anyBoundedCommand, anyOpenCommand, mutated } from '../harness/smp-arbitraries.ts';
import { RawClient } from '../harness/smp-client.ts';
import { startTestServer, type TestServer } from '../harness/smp-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

it('answers every batch, and PING after each', async () => {
  const versions = { min: 12, max: 12 };
  const client = await RawClient.connect(server.address, versions);
  const queue = await client.newQueue();
  const commands = fc.oneof(anyBoundedCommand, anyOpenCommand);
  await fc.assert(
    fc.asyncProperty(commands, fc.nat(3), fc.nat(), fc.boolean(), async (command, how, seed, whole) => {
      const valid = client.encode(
        how % 2 === 0 ? queue.rcvId : emptyBytes,
        queue.authKey,
        encode(commandCodec(client.session.version), command),
      );
      const sample = fc.sample(mutated(fc.constant(valid)), { numRuns: 1, seed })[0]!;
      // Either the transmission is broken, or the batch around it.
      const batch = whole
        ? takeBatch([sample])
        : fc.sample(mutated(fc.constant(takeBatch([valid]))), { numRuns: 1, seed })[0]!;
      await client.sendBatch(batch);
      await client.send(client.encode(emptyBytes, undefined, { kind: 'PING' }));
      for (;;) {
        const answer = await client.receive();
        expect(answer).toBeDefined();
        if (answer?.response.kind === 'PONG') return;
      }
    }),
    { numRuns: 300 },
  );
  const other = await RawClient.connect(server.address, versions);
  expect(await other.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
  for (const { transport } of [client, other]) transport.destroy();
});
