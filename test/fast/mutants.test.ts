import { describe, expect, it } from '@jest/globals';
import { drawMutants, findMutants } from '../mutation/mutants.ts';

const changes = (source: string) =>
  findMutants('a.ts', source).map(
    ({ line, operator, from, to }) => `${line} ${operator}: ${from.trim()} > ${to.trim()}`,
  );

describe('mutants of a source file', () => {
  it('conditions, bounds, numbers, statements and returns are changed', () => {
    const source = [
      'export async function take(queue: Set<number>): Promise<number> {',
      '  if (queue.size < 10) return 1;',
      '  await queue.clear();',
      '  return 0;',
      '}',
    ].join('\n');
    expect(changes(source).toSorted()).toEqual([
      '1 return early: { > { return;',
      '2 change a number: 1 > 0',
      '2 change a number: 10 > 100',
      '2 move a bound: < > <=',
      '2 negate a condition: queue.size < 10 > !(queue.size < 10)',
      '3 drop a statement: await queue.clear(); > ;',
      '4 change a number: 0 > 1',
    ]);
  });

  it('comments, strings and types are left alone', () => {
    expect(changes("const a: 1 | 2 = b; // if (a) 1 && 2\nconst text = 'a === 1';\n/* !x */")).toEqual([]);
  });

  it('Lua in a template is changed, its comments and strings are not', () => {
    const source = "run(`\n-- 1 == 2\nif a == 'x == y' then b = c end\nredis.call('DEL', KEYS[1])\n`);";
    expect(changes(source).filter((change) => !change.startsWith('1 '))).toEqual([
      "3 drop a line of Lua: if a == 'x == y' then b = c end > ",
      "4 drop a line of Lua: redis.call('DEL', KEYS[1]) > ",
      '3 swap == and ~=: == > ~=',
    ]);
  });

  it('the mutated source is the original with that one change', () => {
    const [mutant] = findMutants('a.ts', 'export const both = a && b;');
    expect(mutant?.source).toBe('export const both = a || b;');
  });
});

it('a draw takes as many of each operator as it can, and the same for the same seed', () => {
  const mutants = findMutants('a.ts', 'export const x = [1, 2, 3, 4, 5, 6, a && b];');
  const drawn = drawMutants(mutants, 7, 3);
  expect(drawn.map(({ operator }) => operator).toSorted()).toEqual([
    'change a number',
    'change a number',
    'swap && and ||',
  ]);
  expect(drawMutants(mutants, 7, 3)).toEqual(drawn);
  expect(drawMutants(mutants, 8, 100)).toHaveLength(7);
});
