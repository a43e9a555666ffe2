import { createHmac } from 'node:crypto';
import { AppError, toAppError } from '../../../src/errors.ts';
import { invalidRequest } from '../../../src/fields/invalid-request.ts';
import type { AskedJob, JobContract } from '../../../src/jobs/contract.ts';
import { encodeId } from '../../../src/jobs/id.ts';
import type { JobName } from '../../../src/jobs/job-name.ts';
import type { FlowPlan, PlannedStep } from '../../../src/jobs/options/flow.ts';
import type { AskingCaller } from '../../../src/kinds/step-jobs.ts';
import { fillStep } from '../input/fill-step.ts';
import type { FlowInput, Row } from '../input/flow.ts';

/** What the jobs of a flow are made of. */
export interface FlowParts {
  id: string;
  plan: FlowPlan;
  contracts: readonly JobContract[];
}

/**
 * Names the job of a step for a row: made of the flow, the step and the row alone, so that asking for it again makes no second
 * one.
 */
export function jobOfStep({ id, plan, contracts }: FlowParts, { name, kind }: PlannedStep, row: number): JobName {
  const prefix = contracts.find((one) => one.kind === kind)?.idPrefix ?? '';
  const digest = createHmac('sha256', plan.seed)
    .update(JSON.stringify([id, name, row]))
    .digest();
  return { kind, id: `${prefix}_${encodeId(digest)}` };
}

/** The steps in an order in which each comes behind those that it needs. */
export function inOrder(steps: readonly PlannedStep[]): PlannedStep[] {
  const open = [...steps];
  const ordered: PlannedStep[] = [];
  while (open.length > 0) {
    const ready = open.findIndex(({ after }) => after.every((name) => ordered.some((one) => one.name === name)));
    ordered.push(...open.splice(Math.max(ready, 0), 1));
  }
  return ordered;
}

/** A fault of a row, and the step that has it. */
export class BadRow extends Error {
  readonly step: string;
  readonly fault: AppError;

  constructor(step: string, fault: AppError) {
    super(fault.message);
    this.step = step;
    this.fault = fault;
  }
}

/** A job of a row that may be asked for. */
export interface RowJob {
  step: PlannedStep;
  name: JobName;
  asked: AskedJob;
}

/**
 * Reads the jobs of a row, in an order in which they can be asked for. Throws BadRow where the row can not be used, and what is
 * no fault of it.
 */
export async function readRowJobs(
  parts: FlowParts,
  input: FlowInput,
  { row, number }: { row: Row | null; number: number },
  asking: Pick<AskingCaller, 'read' | 'judge'>,
): Promise<RowJob[]> {
  const read: RowJob[] = [];
  const pending = new Set(parts.plan.steps.map((step) => jobOfStep(parts, step, number).id));
  for (const step of inOrder(parts.plan.steps)) {
    const given = input.steps.find(({ name }) => name === step.name);
    const contract = parts.contracts.find(({ kind }) => kind === step.kind);
    if (!given || !contract) throw new AppError('internal', `the flow has no step ${step.name}`);
    const { body, faults } = fillStep(given.input, {
      row,
      markup: contract.markup,
      jobOf: ({ pointer, step: named }) => {
        const other = step.places.includes(pointer) && parts.plan.steps.find(({ name }) => name === named);
        return other ? jobOfStep(parts, other, number).id : null;
      },
    });
    try {
      if (faults.length > 0) throw invalidRequest(faults);
      const asked = await asking.read(step.kind, body);
      // Before the first is there: what one of them names may be gone, or not be its caller's.
      await asking.judge(asked, pending);
      read.push({ step, name: jobOfStep(parts, step, number), asked });
    } catch (thrown) {
      throw asBadRow(step.name, thrown);
    }
  }
  return read;
}

/** A refusal is the row's fault, unless what was asked for may be had later, or the key is no more. */
export function asBadRow(step: string, thrown: unknown): unknown {
  const error = toAppError(thrown);
  return isPassing(error) || error.code === 'unauthorized' ? thrown : new BadRow(step, error);
}

/** Whether what is refused may be had later: the limits of its caller, and what is away now. */
export const isPassing = ({ status, retryable, isFinal }: AppError): boolean =>
  !isFinal && (status >= 500 || retryable);
