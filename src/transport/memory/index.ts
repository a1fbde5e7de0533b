export { MemoryNetwork } from './network.ts';
