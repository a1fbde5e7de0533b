export * from './base64url.ts';
export * from './borrowed.ts';
export * from './bytes.ts';
export * from './codec.ts';
export * from './cursor.ts';
export * from './errors.ts';
