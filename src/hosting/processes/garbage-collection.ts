/** How V8 collects garbage in a program that serves. */
import { setFlagsFromString } from 'node:v8';

/** Percent of the heap's limit. */
const MARK_FROM = 98;

/**
 * Has V8 mark the whole heap only when its limit is near. Left alone it begins when less is free than the young
 * generation may hold, and buffers of blocks count: a server with a heap of 12 MB that handles some hundred messages a
 * second would mark it three times a second, and what comes meanwhile waits. Garbage of the young generation, which is
 * nearly all a server makes, is collected as before, and the limit is what it was. It costs some 10 MB under load.
 */
export function markHeapLate(): void {
  setFlagsFromString(`--incremental-marking-hard-trigger=${MARK_FROM}`);
}
