import type { MessagePort } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { composeReport } from './compose.ts';
import type { ReportInput } from './job.ts';
import { UnusableImage } from './pdf/images.ts';
import { type RenderedReport, ReportTooLong, renderReport } from './render.ts';

/** What the thread is given. `port` takes its progress. */
export interface RenderRequest {
  input: ReportInput;
  createdAt: Date;
  port: MessagePort;
}

/** How far the drawing is. */
export interface RenderProgress {
  done: number;
  total: number;
  unit: 'rows' | 'blocks';
}

/** The PDF, or the public sentence that says why there is none: errors lose their class between threads. */
export type RenderAnswer = { report: RenderedReport } | { refused: string };

/** Marks the answer's bytes as handed over. To the asking thread it is the answer itself. */
function moveBytes(answer: { report: RenderedReport }): RenderAnswer {
  const marked = { [transferableSymbol]: [answer.report.bytes.buffer], [valueSymbol]: answer };
  return move(marked as unknown as ArrayBuffer) as unknown as RenderAnswer;
}

const PROGRESS_INTERVAL_MS = 100;

/** Runs in a thread of the pool: draws one report, and moves its bytes to the asking thread without copying them. */
export default async function drawReport({ input, createdAt, port }: RenderRequest): Promise<RenderAnswer> {
  let saidAt = 0;
  const onStep = (done: number, total: number, unit: RenderProgress['unit']) => {
    const now = performance.now();
    if (now - saidAt < PROGRESS_INTERVAL_MS) return;
    saidAt = now;
    port.postMessage({ done: Math.floor(done), total, unit } satisfies RenderProgress);
  };
  try {
    const report = await renderReport(composeReport(input, createdAt), onStep);
    return moveBytes({ report });
  } catch (error) {
    if (error instanceof UnusableImage || error instanceof ReportTooLong) return { refused: error.message };
    throw error;
  } finally {
    port.close();
  }
}
