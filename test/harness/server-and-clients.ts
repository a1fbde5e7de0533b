/** A loopback server for each test of a file, and clients that are closed when the test ends. */
import { afterEach, beforeEach } from 'vitest';
import type { SmpClients } from '../../src/smp/client/index.ts';
import { testClient } from './smp-client.ts';
import { startTestServer, type TestServer } from './smp-server.ts';

export interface ServerAndClients {
  /** The server of the current test; a test that stops it replaces it. */
  server: TestServer;
  client: typeof testClient;
}

export function useServerAndClients(): ServerAndClients {
  const open: SmpClients[] = [];
  const shared = {
    client(options: Parameters<typeof testClient>[0] = {}) {
      const made = testClient(options);
      open.push(made.clients);
      return made;
    },
  } as ServerAndClients;
  beforeEach(async () => {
    shared.server = await startTestServer();
  });
  afterEach(async () => {
    for (const clients of open.splice(0)) await clients.close();
    await shared.server.stop();
  });
  return shared;
}
