/**
 * Loads libsodium. The package's search for its native module takes longer than the rest of a program's start; its
 * location in this version is known, so it is preloaded. If it is not there, the package searches.
 */
import { createRequire, Module } from 'node:module';
import type sodiumNative from 'sodium-native';

const require = createRequire(import.meta.url);

function preload(): void {
  const id = require.resolve('sodium-native/binding.js');
  const native = new Module(id);
  native.exports = require(`sodium-native/prebuilds/${process.platform}-${process.arch}/sodium-native.node`);
  native.loaded = true;
  require.cache[id] = native;
}

try {
  preload();
} catch {
  // Another platform, or another version of the package.
}

export const sodium = require('sodium-native') as typeof sodiumNative;
