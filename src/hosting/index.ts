export * from './errors.ts';
export * from './folder-lock.ts';
export * from './folders.ts';
export * from './identity-files.ts';
export * from './information.ts';
export * from './ini.ts';
export * from './settings.ts';
