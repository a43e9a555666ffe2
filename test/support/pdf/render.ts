import { writeFile } from 'node:fs/promises';
import { reports } from '../../../workers/reports/job.ts';
import { composeReport } from '../../../workers/reports/render/compose.ts';
import { type RenderedReport, renderReport } from '../../../workers/reports/render/render.ts';

/** Validates a request's fields and draws the report into a file, in this process; `fonts` as REPORTS_FONTS has them. */
export async function renderTo(pdf: string, fields: object, fonts: string[] = []): Promise<RenderedReport> {
  const pieces: Uint8Array[] = [];
  const write = (piece: Uint8Array) => void pieces.push(Uint8Array.from(piece));
  const report = composeReport(reports.input.parse(fields), new Date('2026-11-01T10:00:00Z'));
  const rendered = await renderReport(report, { write, maxRows: 100_000, maxPages: 1000, fonts });
  await writeFile(pdf, Buffer.concat(pieces));
  return rendered;
}
