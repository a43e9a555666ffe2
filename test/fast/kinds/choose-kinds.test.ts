import { expect, it } from '@jest/globals';
import { chooseKinds } from '../../../workers/choose-kinds.ts';
import { KINDS } from '../../../workers/index.ts';

const namesOf = (chosen: ReturnType<typeof chooseKinds>) =>
  typeof chosen === 'string' ? chosen : chosen.map(({ contract }) => contract.kind);

it('one kind, or several: these', () => {
  for (const { contract } of KINDS) expect(namesOf(chooseKinds([contract.kind]))).toEqual([contract.kind]);
  expect(namesOf(chooseKinds(['webhooks', 'images', 'emails']))).toEqual(['images', 'emails', 'webhooks']);
});

it.each([[[]], [['sounds']], [['emails', 'sounds']]])('%j: the kinds there are', (given) => {
  const kinds = KINDS.map(({ contract }) => contract.kind).join(', ');
  expect(chooseKinds(given)).toBe(`usage: node workers/main.ts KIND [KIND ...]; the kinds are ${kinds}`);
});
