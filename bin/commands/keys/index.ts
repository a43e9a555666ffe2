import type { Command } from 'commander';
import type { CommandContext } from '../../cli/context.ts';
import { addCreateKey } from './create.ts';
import { addListKeys } from './list.ts';
import { addRevokeKey } from './revoke.ts';
import { addSetKey } from './set.ts';

/** `heavylift keys`: the keys that are kept in Redis. */
export function addKeys(program: Command, context: CommandContext): void {
  const keys = program.command('keys').description('make, list, change and revoke the API keys that are kept in Redis');
  for (const add of [addCreateKey, addListKeys, addSetKey, addRevokeKey]) add(keys, context);
}
