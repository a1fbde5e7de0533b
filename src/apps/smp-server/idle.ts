/** Detects that no client has been connected for a while. */
import type { Clock, Timer } from '../../base/index.ts';

export interface Idle {
  /** Must be called with the number of connections after each change. */
  connections(count: number): void;
  cancel(): void;
}

/** Calls `onIdle` after `ms` without connections. */
export function idleTimer(clock: Clock, ms: number, onIdle: () => void): Idle {
  let timer: Timer | undefined;
  const cancel = () => {
    timer?.cancel();
    timer = undefined;
  };
  return {
    connections(count) {
      cancel();
      if (count === 0) timer = clock.schedule(ms, onIdle);
    },
    cancel,
  };
}
