import type { Problem } from '../errors.ts';
import { formatLabel } from './formats.ts';

/** A form as it was typed, and what is wrong with it, by field. */
export interface FormState {
  values: Record<string, string>;
  faults: Record<string, string>;
  /** What is wrong with no field in particular. */
  general: string | null;
}

/** Codes that are about the uploaded file, whether or not they name it. */
const ABOUT_THE_FILE = new Set(['unsupported_media_type', 'image_unreadable', 'payload_too_large']);

/** Puts each error at the field its pointer leads to; what leads to none is said above the form. */
export function placeErrors(problem: Problem, fields: readonly string[]): Pick<FormState, 'faults' | 'general'> {
  const faults: Record<string, string> = {};
  for (const { pointer, detail } of problem.errors ?? []) {
    const field = pointer.split('/').find((part) => fields.includes(part));
    if (field) faults[field] ??= toSentence(field, detail);
  }
  if (Object.keys(faults).length > 0) return { faults, general: null };
  if (ABOUT_THE_FILE.has(problem.code) && fields.includes('file')) {
    return { faults: { file: problem.detail }, general: null };
  }
  return { faults, general: problem.detail };
}

/** "is empty" becomes "File is empty."; a detail that is a sentence of its own stays one. */
function toSentence(field: string, detail: string): string {
  const sentence = /^(is|must|has|needs)\b/.test(detail) ? `${formatLabel(field)} ${detail}` : detail;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.$/, '')}.`;
}
