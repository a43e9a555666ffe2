import type { Kind } from '../src/kinds/kind.ts';
import { KINDS } from './index.ts';

/**
 * Finds the kinds of one worker process by their names; a sentence for the operator where there is none of a name.
 */
export function chooseKinds(names: readonly string[]): Kind[] | string {
  const all = KINDS.map(({ contract }) => contract.kind);
  const unknown = names.find((name) => !all.includes(name));
  if (names.length === 0 || unknown !== undefined) {
    return `usage: node workers/main.ts KIND [KIND ...]; the kinds are ${all.join(', ')}`;
  }
  return KINDS.filter(({ contract }) => names.includes(contract.kind));
}
