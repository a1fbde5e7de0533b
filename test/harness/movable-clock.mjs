/**
 * Loaded with `--import` into a program whose wall clock a test controls: offset by SOTTO_TEST_CLOCK milliseconds from
 * the start, and by SOTTO_TEST_CLOCK_STEP more, or a day back, at every SIGUSR2. Timers and the monotonic clock are not
 * affected.
 */
const DAY_MS = 86_400_000;
const realNow = Date.now;
const step = Number(process.env.SOTTO_TEST_CLOCK_STEP ?? -DAY_MS);
let offset = Number(process.env.SOTTO_TEST_CLOCK ?? 0);

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(realNow() + offset);
    else super(...args);
  }
  static now() {
    return realNow() + offset;
  }
};

process.on('SIGUSR2', () => {
  offset += step;
  process.stderr.write(`the clock is ${new Date().toISOString()}\n`);
});
