/** Imports the reference's message log (`smp-server-messages.log`) into a store that has the queues. */
import type { ImportStore } from '../../../smp/server/index.ts';
import { importLines, type LineImport } from './import-lines.ts';
import { parseLoggedMessage } from './message-text.ts';

export function importMessageLog(store: ImportStore, log: Omit<LineImport, 'take'>): Promise<void> {
  return importLines({
    ...log,
    async take(text) {
      const { rcvId, message } = parseLoggedMessage(text);
      return (await store.appendMessage(rcvId, message)) ? undefined : 'a message of a missing queue';
    },
  });
}
