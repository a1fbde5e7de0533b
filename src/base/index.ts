export * from './abort.ts';
export * from './brand.ts';
export * from './clock.ts';
export * from './deferred.ts';
export * from './lock.ts';
export * from './logger.ts';
export * from './random.ts';
export * from './retry.ts';
