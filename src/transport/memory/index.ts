export { type Listening, MemoryNetwork, type Reachability } from './network.ts';
