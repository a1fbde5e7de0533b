export { Admission, type ConnectionLimits } from './admission.ts';
export * from './connect.ts';
export * from './listen.ts';
