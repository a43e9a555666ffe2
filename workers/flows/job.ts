import { z } from 'zod';
import { defineJob } from '../../src/jobs/contract.ts';
import { fieldsInDoubt } from './conduct/doubt.ts';
import { presentFlow } from './conduct/present.ts';
import { type FlowInput, flowInput } from './input/flow.ts';
import { planFlow } from './input/plan-flow.ts';
import { MAX_ROWS_BYTES } from './rows/read-rows.ts';
import type { FlowsConfig } from './settings.ts';

const DAY_MS = 86_400_000;
/** A flow that names no `expiresAt` begins rows for so long. */
const LIFE_MS = 30 * DAY_MS;

export const flowsResult = z.object({
  rows: z.int().meta({ description: 'How many rows it was done for; 1 without `forEach`.' }),
});

export type FlowsResult = z.infer<typeof flowsResult>;

/** Flows: jobs that need files of each other, once or for each row of a file. */
export const flows = defineJob<FlowInput, FlowsResult, FlowsConfig>({
  kind: 'flows',
  idPrefix: 'flw',
  summary: 'Has several jobs done that need files of each other, once or for each row of a file.',
  input: flowInput,
  result: flowsResult,
  attempts: 10,
  backoff: { firstMs: 1000, factor: 3, maxMs: 60_000 },
  timeoutMs: (config: FlowsConfig) => config.FLOWS_TIMEOUT_SECONDS * 1000,
  expiresAfterMs: LIFE_MS,
  mayGiveWay: false,
  // What its jobs send.
  outward: { fieldsInDoubt },
  accepts: 'json',
  conducts: { plan: planFlow, present: presentFlow },
  // Inputs of calls and reports may hold credentials.
  secretFields: ['steps'],
  attachedBytes: MAX_ROWS_BYTES,
  title: ({ steps }) => steps.map(({ name }) => name).join(', '),
  facts: ({ steps }) => ({ steps: steps.map(({ name }) => name) }),
  references: ({ forEach }) =>
    forEach?.upload === undefined
      ? []
      : [{ id: forEach.upload, pointer: '/forEach/upload', limit: { what: 'rows', bytes: MAX_ROWS_BYTES } }],
  example: {
    steps: [
      {
        name: 'report',
        kind: 'reports',
        input: {
          template: 'monthly',
          data: {
            userId: { row: 'id' },
            name: '{{row.name}}',
            month: '2026-10',
            columns: [
              { key: 'order', title: 'Order' },
              { key: 'amount', title: 'Amount', format: 'currency:NOK' },
            ],
            rows: { row: 'orders' },
            totals: { amount: 'sum' },
          },
        },
      },
      {
        name: 'mail',
        kind: 'emails',
        input: {
          to: '{{row.email}}',
          subject: 'Your orders',
          text: 'Dear {{row.name}}, the list of your orders is attached.',
          attachments: [{ filename: 'orders.pdf', step: 'report' }],
        },
      },
    ],
    forEach: {
      rows: [
        { id: 'u-1042', name: 'Kari Nordmann', email: 'kari@example.no', orders: [{ order: 'A-1001', amount: 249 }] },
      ],
    },
  },
});
