/** The chat on this machine, with words for addresses that cannot be read. */
import type { Chat } from '../../chat/index.ts';
import { parseSmpServer } from '../../protocol/index.ts';
import { openSystemChat, type SystemChatOptions } from '../../sdk/system.ts';
import { UsageError } from './options.ts';

/** Throws `UsageError` and `AgentError`. */
export async function openTerminalChat(options: SystemChatOptions): Promise<Chat> {
  for (const server of options.servers) checkServer(server);
  return openSystemChat(options);
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
