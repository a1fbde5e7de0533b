/** A chat on this machine: its clock, its randomness, its KEM thread, and TLS to the servers. The one place where they are wired. */
import { threadKemKeyPairMaker } from '../agent/index.ts';
import { systemClock } from '../base/index.ts';
import { type Chat, type OpenChatOptions, openChat } from '../chat/index.ts';
import { sntrup761, systemRandom } from '../crypto/index.ts';
import { SmpClients } from '../smp/client/index.ts';
import { tlsConnect } from '../transport/node/index.ts';

/** What a program chooses of a chat; the rest is the machine's. */
export type SystemChatOptions = Pick<
  OpenChatOptions,
  'databasePath' | 'key' | 'servers' | 'defaultServers' | 'onEvent' | 'logger'
>;

/** Throws `AgentError`, and has then changed nothing. */
export function openSystemChat(options: SystemChatOptions): Promise<Chat> {
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
