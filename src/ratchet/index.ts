export * from './decrypt.ts';
export * from './encrypt.ts';
export * from './errors.ts';
export * from './kem.ts';
export { ratchetOverhead } from './message.ts';
export * from './params.ts';
export * from './state.ts';
export * from './x3dh.ts';
