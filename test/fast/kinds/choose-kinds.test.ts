import { expect, it } from '@jest/globals';
import { chooseKinds } from '../../../workers/choose-kinds.ts';
import { KINDS } from '../../../workers/index.ts';

const namesOf = (chosen: ReturnType<typeof chooseKinds>) =>
  typeof chosen === 'string' ? chosen : chosen.map(({ contract }) => contract.kind);

it('one kind, or several that may share a process: these', () => {
  for (const { contract } of KINDS) expect(namesOf(chooseKinds([contract.kind]))).toEqual([contract.kind]);
  expect(namesOf(chooseKinds(['webhooks', 'emails']))).toEqual(['emails', 'webhooks']);
});

it('a kind that needs a process of its own, with another: refused by name', () => {
  expect(chooseKinds(['emails', 'images'])).toBe('the workers of images run in a process of their own');
});

it.each([[[]], [['sounds']], [['emails', 'sounds']]])('%j: the kinds there are', (given) => {
  const kinds = KINDS.map(({ contract }) => contract.kind).join(', ');
  expect(chooseKinds(given)).toBe(`usage: node workers/main.ts KIND [KIND ...]; the kinds are ${kinds}`);
});

it('a kind with a flag of V8 or variables of its own: has a process of its own', () => {
  for (const { program } of KINDS) {
    if (program.v8Flag || program.environment) expect(program.ownProcess).toBe(true);
  }
});
