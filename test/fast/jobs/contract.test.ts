import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineJob, type JobContract, type UploadRules } from '../../../src/jobs/contract.ts';
import { defineProcessor } from '../../../src/jobs/processor.ts';
import { CONTRACTS } from '../../../workers/index.ts';

const contract: JobContract<{ width: number }, { done: boolean }> = {
  kind: 'things',
  idPrefix: 'thg',
  summary: 'Makes a thing.',
  input: z.strictObject({ width: z.number() }),
  result: z.object({ done: z.boolean() }),
  attempts: 3,
  backoff: { firstMs: 100, factor: 2, maxMs: 1000 },
  timeoutMs: () => 1000,
  accepts: 'json',
  example: { width: 1 },
};
const upload: UploadRules = {
  field: 'file',
  maxBytes: () => 1000,
  rawTypes: ['image/*'],
  headBytes: 16,
  inspect: () => ({ type: 'image/png' }),
};

it('a sound contract: given back as it is', () => {
  expect(defineJob(contract)).toBe(contract);
  const withUpload = { ...contract, accepts: 'upload', upload } as const;
  expect(defineJob(withUpload)).toBe(withUpload);
});

it.each(['Things', 'my-things', 'things2', 'th/ings', '{things}', ''])(
  'the kind %j, which is a folder, a URL and a queue: refused',
  (kind) => {
    expect(() => defineJob({ ...contract, kind })).toThrow('lower-case letters only');
  },
);

it.each(['th', 'thin', 'Thg', 'th1', ''])('the id prefix %j: refused', (idPrefix) => {
  expect(() => defineJob({ ...contract, idPrefix })).toThrow('job things: idPrefix must be three letters');
});

it('upload rules that do not go with what the kind accepts: refused', () => {
  const { field: _field, ...withoutField } = upload;
  const sentence = 'job things: upload.field goes with';
  expect(() => defineJob({ ...contract, upload })).toThrow(sentence);
  expect(() => defineJob({ ...contract, upload: withoutField })).toThrow(sentence);
  expect(() => defineJob({ ...contract, accepts: 'upload' })).toThrow(sentence);
  expect(() => defineJob({ ...contract, upload: { ...withoutField, jsonField: 'thing' } })).not.toThrow();
});

it('a processor: made by the function that was given, with what it is given', async () => {
  const create = defineProcessor(contract, ({ config }) => ({
    process: async ({ input }) => ({ result: { done: input.width === config.PORT }, files: [] }),
  }));
  const processor = create({ config: { PORT: 7 }, log: {} } as never);
  const outcome = await processor.process({ input: { width: 7 } } as never, {} as never);
  expect(outcome).toEqual({ result: { done: true }, files: [] });
});

it('the kinds there are: no word and no id prefix is used twice', () => {
  expect(new Set(CONTRACTS.map(({ kind }) => kind)).size).toBe(CONTRACTS.length);
  expect(new Set(CONTRACTS.map(({ idPrefix }) => idPrefix)).size).toBe(CONTRACTS.length);
});

it.each(CONTRACTS.map((one) => [one.kind, one] as const))(
  '%s: its example is taken by its own schema',
  (_kind, one) => {
    const given = one.accepts === 'upload' ? withNumbers(one.example) : one.example;
    expect(one.input.safeParse(given).error).toBeUndefined();
  },
);

/** An upload's example is what a form sends: texts. */
const withNumbers = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, Number(text) || text]));
