/** Which commands require an authorization and an entity id, and which must not have them (checks of the reference). */
import type { Command, CommandError } from '../../protocol/index.ts';

/** The error of a command with missing or superfluous credentials. */
export function credentialsError(command: Command, authorized: boolean, hasEntity: boolean): CommandError | undefined {
  switch (command.kind) {
    case 'NEW':
      if (!authorized) return 'NO_AUTH';
      return hasEntity ? 'HAS_AUTH' : undefined;
    case 'SEND':
      return hasEntity ? undefined : 'NO_ENTITY';
    case 'PING':
    case 'PRXY':
    case 'RFWD':
      return authorized || hasEntity ? 'HAS_AUTH' : undefined;
    case 'LGET':
    case 'PFWD':
      if (!hasEntity) return 'NO_ENTITY';
      return authorized ? 'HAS_AUTH' : undefined;
    default:
      return authorized && hasEntity ? undefined : 'NO_AUTH';
  }
}
