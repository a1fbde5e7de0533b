export type { FromWorker, ToWorker } from './messages.ts';
export { type MainServices, type MainSide, mainSide, type WorkerSide, workerSide } from './sides.ts';
