export {
  compatibleVersion,
  formatVersionRange,
  parseVersionRange,
  type VersionRange,
  versionRangeCodec,
} from '../transport/index.ts';
export * from './auth-key.ts';
export * from './server-address.ts';
export * from './transmission.ts';
