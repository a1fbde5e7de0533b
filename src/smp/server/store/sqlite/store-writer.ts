/** The thread that writes to a store, so that the main thread does not wait for the disk. */
import { parentPort, workerData } from 'node:worker_threads';
import { DataFileWriter } from './writer.ts';
import type { WriterAnswer, WriterData, WriterRequest } from './writer-messages.ts';

const { path, synced } = workerData as WriterData;
const port = parentPort!;
let writer: DataFileWriter | undefined;

function answer(request: WriterRequest): WriterAnswer {
  try {
    if (request.kind === 'close') {
      writer?.close();
      return { kind: 'done', growth: [] };
    }
    // Opened with the first request, so that an error while opening is sent as its answer.
    writer ??= new DataFileWriter(path, synced);
    if (request.kind === 'write') return { kind: 'done', growth: writer.write(request.bytes) };
    writer.checkpoint();
    return { kind: 'done', growth: [] };
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    return { kind: 'failed', code: typeof code === 'string' ? code : undefined, message };
  }
}

port.on('message', (request: WriterRequest) => {
  port.postMessage(answer(request));
  if (request.kind === 'close') port.close();
});
