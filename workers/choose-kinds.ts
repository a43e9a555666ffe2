import type { Kind } from '../src/kinds/kind.ts';
import { KINDS } from './index.ts';

/**
 * Finds the kinds of one worker process by their names; a sentence for the operator where they can't be run together.
 */
export function chooseKinds(names: readonly string[]): Kind[] | string {
  const all = KINDS.map(({ contract }) => contract.kind);
  const unknown = names.find((name) => !all.includes(name));
  if (names.length === 0 || unknown !== undefined) {
    return `usage: node workers/main.ts KIND [KIND ...]; the kinds are ${all.join(', ')}`;
  }
  const kinds = KINDS.filter(({ contract }) => names.includes(contract.kind));
  const alone = kinds.find(({ program }) => program.ownProcess);
  if (!alone || kinds.length === 1) return kinds;
  return `the workers of ${alone.contract.kind} run in a process of their own`;
}
