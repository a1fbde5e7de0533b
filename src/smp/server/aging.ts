/**
 * The aging clock of a server with a store. Its state is stored, so it survives restarts and is included in backups.
 */
import { AgingClock, type Clock, type Logger, type Timer } from '../../base/index.ts';
import { AGING_INTERVAL_MS } from './constants.ts';
import type { SmpStore } from './store/types.ts';

export interface KeptAgingClock {
  readonly clock: AgingClock;
  /** Stores the state for the last time; call it while the store is open. */
  stop(): Promise<void>;
}

const describeJump = (days: number): string => {
  const count = Math.abs(days).toLocaleString('en', { maximumFractionDigits: 1 });
  return `the clock of this machine jumped ${days < 0 ? 'back' : 'forward'} by ${count} days, or the server stood still for so long`;
};

/** Continues from the stored state, and stores it every {@link AGING_INTERVAL_MS}. */
export function startAging(store: Pick<SmpStore, 'aging' | 'counts'>, clock: Clock, logger: Logger): KeptAgingClock {
  const state = store.aging.read();
  const counts = store.counts();
  const aging = new AgingClock({
    clock,
    state,
    isPastUnknown: counts.messages + counts.notifications > 0,
    onJump: (days) =>
      logger.warn(
        `${describeJump(days)}: this time does not count for the age of messages, and nothing expires in the next 24 hours`,
      ),
  });
  let timer: Timer | undefined;
  let last = Promise.resolve();
  const keep = () => {
    last = last
      .then(() => store.aging.write(aging.state))
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : 'error';
        logger.warn(`smp: how much time has passed cannot be kept: ${why}`);
      });
    return last;
  };
  const loop = () => {
    timer = clock.schedule(AGING_INTERVAL_MS, () => void keep().then(() => timer && loop()), { background: true });
  };
  void keep();
  loop();
  return {
    clock: aging,
    stop() {
      timer?.cancel();
      timer = undefined;
      return keep();
    },
  };
}
