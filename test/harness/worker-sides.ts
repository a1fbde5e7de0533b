/** A worker and its main process in one process, connected by a pipe. */
import { Duplex, PassThrough } from 'node:stream';
import { ProcessChannel } from '../../src/hosting/index.ts';
import {
  type FromWorker,
  type MainServices,
  mainSide,
  type ToWorker,
  type WorkerSide,
  workerSide,
} from '../../src/smp/server/workers/index.ts';

/** Both ends of a pipe. */
export function pipePair(): [Duplex, Duplex] {
  const [up, down] = [new PassThrough(), new PassThrough()];
  return [Duplex.from({ readable: down, writable: up }), Duplex.from({ readable: up, writable: down })];
}

export interface TestWorker extends WorkerSide {
  /** Ends like a killed worker. */
  kill(): void;
}

export function testWorker(services: MainServices): TestWorker {
  const [workerEnd, mainEnd] = pipePair();
  const toMain = new ProcessChannel<FromWorker, ToWorker>(workerEnd, (message) => side.receive(message));
  const side = workerSide((message) => toMain.send(message));
  const toWorker = new ProcessChannel<ToWorker, FromWorker>(mainEnd, (message) => main.receive(message));
  const main = mainSide(services, (message) => toWorker.send(message));
  return {
    ...side,
    kill() {
      workerEnd.destroy();
      mainEnd.destroy();
      main.close();
    },
  };
}
