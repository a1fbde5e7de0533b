/** The chat on this machine: its clock, its randomness, and TLS to the servers. The one place where they are wired. */
import { threadKemKeyPairMaker } from '../../agent/index.ts';
import { systemClock } from '../../base/index.ts';
import { type Chat, openChat } from '../../chat/index.ts';
import { sntrup761, systemRandom } from '../../crypto/index.ts';
import { parseSmpServer } from '../../protocol/index.ts';
import { SmpClients } from '../../smp/client/index.ts';
import { tlsConnect } from '../../transport/node/index.ts';
import { UsageError } from './options.ts';
import type { OpenChatOptions } from './run.ts';

/** Throws `UsageError` and `AgentError`, with a clear sentence. */
export async function openSystemChat(options: OpenChatOptions): Promise<Chat> {
  for (const server of options.servers) checkServer(server);
  const clock = systemClock;
  const random = systemRandom;
  return openChat({
    ...options,
    clock,
    random,
    kem: sntrup761,
    kemKeyPairMaker: threadKemKeyPairMaker(),
    smp: (events) => new SmpClients({ ...events, connect: tlsConnect(clock), clock, random, logger: options.logger }),
  });
}

function checkServer(server: string): void {
  try {
    parseSmpServer(server);
  } catch (cause) {
    throw new UsageError(`not the address of an SMP server: ${server} — it looks like smp://<fingerprint>@<host>`, {
      cause,
    });
  }
}
