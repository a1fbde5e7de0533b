/** What a line that was typed can mean. */
import type { ChatFeature, FeatureAllowed } from '../../../chat/index.ts';

export type CliCommand =
  | { readonly kind: 'invite' }
  | { readonly kind: 'connect'; readonly link: string }
  | { readonly kind: 'send'; readonly name: string; readonly text: string }
  | {
      readonly kind: 'reply';
      readonly name: string;
      readonly author: 'us' | 'contact';
      readonly start: string;
      readonly text: string;
      readonly readings?: readonly Reading[];
    }
  | {
      readonly kind: 'edit';
      readonly name: string;
      readonly start: string;
      readonly text: string;
      readonly readings?: readonly Reading[];
    }
  | {
      readonly kind: 'deleteMessage';
      readonly name: string;
      readonly start: string;
      readonly scope: 'everyone' | 'here';
    }
  | {
      readonly kind: 'react';
      readonly name: string;
      readonly start: string;
      readonly emoji: string;
      readonly add: boolean;
    }
  | { readonly kind: 'reveal'; readonly name: string; readonly start: string }
  | { readonly kind: 'pin' | 'unpin'; readonly name: string; readonly start: string }
  | { readonly kind: 'pins'; readonly name: string | undefined }
  | { readonly kind: 'sendPaste'; readonly name: string | undefined }
  | { readonly kind: 'dropPaste' }
  | { readonly kind: 'search'; readonly name: string | undefined; readonly count: number; readonly text: string }
  | { readonly kind: 'clear'; readonly name: string }
  | { readonly kind: 'verify'; readonly name: string; readonly code: string | undefined }
  | { readonly kind: 'features'; readonly name: string | undefined }
  | {
      readonly kind: 'setFeature';
      readonly feature: ChatFeature;
      readonly name: string | undefined;
      readonly allow: FeatureAllowed;
    }
  | { readonly kind: 'contacts' }
  | { readonly kind: 'chats'; readonly count: number }
  | { readonly kind: 'tail'; readonly name: string | undefined; readonly count: number }
  | { readonly kind: 'profile' }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'delete'; readonly name: string }
  | { readonly kind: 'code'; readonly name: string }
  | { readonly kind: 'info'; readonly name: string }
  | { readonly kind: 'servers' }
  | { readonly kind: 'help'; readonly topic: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'invalid'; readonly reason: string };

/** One way to read what follows a name: how a message begins, and a text. */
export interface Reading {
  readonly start: string;
  readonly text: string;
}

/** A line that cannot be run, and why. */
export const invalid = (reason: string): CliCommand => ({ kind: 'invalid', reason });

/** The contact that a command is about, by the name that was given. */
export function commandName(command: CliCommand): string | undefined {
  return 'name' in command && command.kind !== 'rename' ? command.name : undefined;
}
