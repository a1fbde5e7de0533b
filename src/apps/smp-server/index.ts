export { smpServerCommand } from './command.ts';
