import type { FieldError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';

/** Throws invalid_request unless the files that came are those that the input speaks of. */
export function assertFiles({ upload }: JobContract, input: unknown, files: Record<string, StoredFile>): void {
  if (!upload) return;
  const { field, jsonField, isReferenced, files: namesOf } = upload;
  const further = namesOf?.(input) ?? [];
  const isElsewhere = isReferenced?.(input) ?? false;
  const wanted = field && !isElsewhere ? [field, ...further] : further;
  const hint = jsonField ? `; if it is a field, put it into "${jsonField}"` : '';
  const faults: FieldError[] = [];
  for (const name of wanted) {
    if (Object.hasOwn(files, name)) continue;
    const detail =
      name === field ? 'is missing: choose a file to upload' : 'is missing: send that file as a field of the form';
    faults.push({ pointer: `/${name}`, detail });
  }
  for (const name of Object.keys(files)) {
    if (wanted.includes(name)) continue;
    if (name === field)
      faults.push({ pointer: '/source', detail: `must not stand beside the file that was sent as "${field}"` });
    else faults.push({ pointer: `/${name}`, detail: `is a file that nothing refers to${hint}` });
  }
  if (faults.length > 0) throw invalidRequest(faults);
}

/** Throws invalid_request for JSON of a kind that takes uploads when it does not say where the file is. */
export function assertReferenced({ upload }: JobContract, input: unknown): void {
  if (!upload?.field || upload.isReferenced?.(input)) return;
  throw invalidRequest([{ pointer: '/source', detail: 'must say where the file is, or send the file itself' }]);
}
