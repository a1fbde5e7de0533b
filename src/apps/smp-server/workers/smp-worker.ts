/** The worker program: started by the server, never by hand. */
import { asWorker, markHeapLate, timeOwnLines } from '../../../hosting/index.ts';
import { workerSide } from '../../../smp/server/workers/index.ts';
import type { MainMessage, WorkerMessage } from './messages.ts';
import { Worker } from './worker.ts';

markHeapLate();
timeOwnLines();
let worker: Worker | undefined;

const channel = asWorker<WorkerMessage, MainMessage>({
  receive(message) {
    switch (message.kind) {
      case 'setup':
        if (worker === undefined) {
          worker = new Worker(message.setup, message.start, side, post);
          post({ kind: 'ready' });
        } else worker.configure(message.setup);
        break;
      case 'report':
        report();
        break;
      case 'stop':
        void stop();
        break;
      default:
        side.receive(message);
    }
  },
  onSocket: (connection, socket) => worker?.accept(connection, socket),
});
const post = (message: WorkerMessage) => channel.send(message);
const side = workerSide(post);

function report(): void {
  if (worker !== undefined) post({ kind: 'report', report: worker.report });
}

async function stop(): Promise<void> {
  await worker?.stop();
  report();
  channel.close();
}
