import { type FieldError, toAppError } from '../../../src/errors.ts';
import { invalidRequest, pointerOf } from '../../../src/fields/invalid-request.ts';
import type { AskedJob, ConductTools, FirstJob, JobContract } from '../../../src/jobs/contract.ts';
import type { PlannedStep } from '../../../src/jobs/options/flow.ts';
import { LATER, readFirstRow } from '../rows/first-row.ts';
import { fillStep, type StepMention } from './fill-step.ts';
import type { FlowInput, FlowStep, Row } from './flow.ts';

/** Where a fault of a step's input stands in the flow's body. */
const inputPointer = (index: number): string => pointerOf(['steps', index, 'input']);

/** Whether a kind's jobs may be steps: it is posted, and asks for no jobs itself. */
const mayBeStep = ({ accepts, conducts }: JobContract): boolean => accepts !== 'none' && !conducts;

/**
 * Finds what a flow is made of: reads the input of each step with the first row filled in, and which steps it names. Throws
 * invalid_request, at the fields, for a kind that there is not, for inputs that their kinds refuse, and for steps that name no
 * step, one that makes no such file, or each other in a circle.
 */
export async function planFlow(
  input: FlowInput,
  tools: ConductTools,
): Promise<{ steps: PlannedStep[]; jobs: FirstJob[] }> {
  const row = await readFirstRow(input.forEach, tools);
  const kinds = new Map(tools.contracts.filter(mayBeStep).map((contract) => [contract.kind, contract]));
  const unknown = input.steps.flatMap(({ kind }, index) =>
    kinds.has(kind)
      ? []
      : [{ pointer: pointerOf(['steps', index, 'kind']), detail: `must be ${[...kinds.keys()].join(', ')}` }],
  );
  if (unknown.length > 0) throw invalidRequest(unknown);
  const read: StepReading[] = [];
  const faults: FieldError[] = [];
  for (const [index, step] of input.steps.entries()) {
    const contract = kinds.get(step.kind) as JobContract;
    const reading = { index, contract, tools, names: input.steps.map(({ name }) => name) };
    const isLater = row === LATER && namesRow(step.input);
    const found = isLater
      ? lookThrough(step, reading)
      : await readStep(step, { ...reading, row: row === LATER ? {} : row }).catch((thrown) =>
          takeFaults(thrown, index),
        );
    if (Array.isArray(found)) faults.push(...found);
    else read.push(found);
  }
  if (faults.length > 0) throw invalidRequest(faults);
  faults.push(...read.flatMap((one) => findMentionFaults(one, input.steps, kinds)));
  if (faults.length > 0) throw invalidRequest(faults);
  const steps = read.map(({ step: { name, kind }, mentions }) => ({
    ...{ name, kind },
    after: [...new Set(mentions.map((one) => one.step))],
    places: mentions.map(({ pointer }) => pointer),
  }));
  assertNoCircle(steps);
  return {
    steps,
    jobs: read.flatMap(({ index, asked, pending }) =>
      asked ? [{ ...asked, pointer: inputPointer(index), pending }] : [],
    ),
  };
}

/** A step as it was read. */
interface StepReading {
  index: number;
  step: FlowStep;
  /** Null where that is for a worker to find, which has the rows. */
  asked: AskedJob | null;
  /** Where it names other steps, and the ids that stand there. */
  mentions: (StepMention & { id: string })[];
  pending: ReadonlySet<string>;
}

interface Reading {
  index: number;
  contract: JobContract;
  tools: ConductTools;
  /** The names of all steps. */
  names: readonly string[];
}

/** Whether an input has a value of the row somewhere. */
function namesRow(input: unknown): boolean {
  return /\{\{\s*row\b|"row":"/.test(JSON.stringify(input));
}

/** Finds where a step names others when there is no row yet: each object that looks like a mention of one of them is one. */
function lookThrough(step: FlowStep, { index, contract, names }: Reading): StepReading {
  const mentions: StepReading['mentions'] = [];
  const note = (mention: StepMention): string | null => {
    if (!names.includes(mention.step)) return null;
    mentions.push({ ...mention, id: standIn(mentions.length) });
    return mentions.at(-1)?.id ?? null;
  };
  fillStep(step.input, { row: null, markup: contract.markup, jobOf: note });
  return { index, step, asked: null, mentions, pending: new Set() };
}

/** An id of that shape that no job has. */
const standIn = (number: number): string => `img_${String(number).padStart(26, '0')}`;

/** Reads a step: an object that looks like a mention is one where the kind takes what stands there for the file of a job. */
async function readStep(
  step: FlowStep,
  { index, contract, row, tools }: Reading & { row: Row | null },
): Promise<StepReading> {
  const { markup } = contract;
  const found: (StepMention & { id: string })[] = [];
  const note = (mention: StepMention): string => {
    const id = standIn(found.length);
    found.push({ ...mention, id });
    return id;
  };
  const asked = await read(fillStep(step.input, { row, markup, jobOf: note }), step.kind, tools);
  const named = new Set((asked.contract.references?.(asked.input) ?? []).map(({ id }) => id));
  const mentions = found.filter(({ id }) => named.has(id));
  const pending = new Set(mentions.map(({ id }) => id));
  if (mentions.length === found.length) return { index, step, asked, mentions, pending };
  const jobOf = ({ pointer }: StepMention) => mentions.find((one) => one.pointer === pointer)?.id ?? null;
  const again = await read(fillStep(step.input, { row, markup, jobOf }), step.kind, tools);
  return { index, step, asked: again, mentions, pending };
}

async function read(
  { body, faults }: ReturnType<typeof fillStep>,
  kind: string,
  tools: ConductTools,
): Promise<AskedJob> {
  if (faults.length > 0) throw invalidRequest(faults);
  return tools.read(kind, body);
}

/** The faults of a step's input, as the flow's body has them. Throws what is no fault of the request. */
function takeFaults(thrown: unknown, index: number): FieldError[] {
  const { code, status, message, errors } = toAppError(thrown);
  if (status >= 500 || code === 'rate_limited') throw thrown;
  const place = inputPointer(index);
  if (!errors) return [{ pointer: place, detail: message }];
  return errors.map(({ pointer, detail }) => ({ pointer: `${place}${pointer}`, detail }));
}

function findMentionFaults(
  { index, step: own, asked, mentions }: StepReading,
  steps: readonly FlowStep[],
  kinds: ReadonlyMap<string, JobContract>,
): FieldError[] {
  const references = asked?.contract.references?.(asked.input) ?? [];
  return mentions.flatMap(({ pointer, step, id }) => {
    const refuse = (detail: string) => [{ pointer: `${inputPointer(index)}${pointer}/step`, detail }];
    const named = steps.find(({ name }) => name === step);
    if (!named) {
      const names = steps.flatMap(({ name }) => (name === own.name ? [] : [name]));
      return refuse(
        `names no step of this flow; there ${names.length > 0 ? `are ${names.join(', ')}` : 'is no other'}`,
      );
    }
    if (named.name === own.name) return refuse('must name another step');
    const made = kinds.get(named.kind)?.makes ?? [];
    if (made.length === 0) return refuse(`names a step of the kind ${named.kind}, which makes no files`);
    const types = references.find((one) => one.id === id)?.types;
    if (types?.every((type) => !made.some((one) => isOfSort(type, one)))) {
      return refuse(
        `must name a step that makes ${types.join(' or ')}; the kind ${named.kind} makes ${made.join(', ')}`,
      );
    }
    return [];
  });
}

/** Whether a media type is of a sort (`image/*`). */
const isOfSort = (type: string, sort: string): boolean =>
  sort === '*/*' || type === sort || (sort.endsWith('/*') && type.startsWith(sort.slice(0, -1)));

/** Throws invalid_request where steps wait for each other. */
function assertNoCircle(steps: readonly PlannedStep[]): void {
  const open = [...steps];
  for (;;) {
    const ready = open.findIndex(({ after }) => !after.some((name) => open.some((one) => one.name === name)));
    if (ready < 0) break;
    open.splice(ready, 1);
  }
  const [first] = open;
  if (!first) return;
  const index = steps.indexOf(first);
  const names = open.map(({ name }) => name).join(', ');
  throw invalidRequest([
    {
      pointer: `${inputPointer(index)}${first.places[0]}/step`,
      detail: `must not go in a circle: ${names} need files of each other`,
    },
  ]);
}
