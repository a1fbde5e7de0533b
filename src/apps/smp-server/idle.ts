/** Notices that nobody has been connected for a while. */
import type { Clock, Timer } from '../../base/index.ts';

export interface Idle {
  /** To be told how many connections there are. */
  connections(count: number): void;
  cancel(): void;
}

/** Calls `onIdle` when there were no connections for `ms`. */
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
