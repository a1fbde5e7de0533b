export { Admission, type ConnectionCounts, type ConnectionLimits } from './admission.ts';
export * from './connect.ts';
export * from './listen.ts';
