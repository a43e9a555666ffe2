import { formField, textField } from '../../fields/fields.ts';

/** A file elsewhere that an input names: an upload, or a result of another job. */
export interface FileReference {
  /** The id of the upload, or of the job. */
  id: string;
  /** RFC 6901: where the input names it. */
  pointer: string;
  /** The form field in which the kind would take such a file; an upload is judged as if it had come there. */
  field?: string;
  /** The media types that an upload may have; any, unless given. */
  types?: readonly string[];
  /** What uploads may come to, together with all that the input names under the same word. */
  limit?: { what: string; bytes: number };
}

/** The id of an upload, as inputs name one. */
export const uploadIdField = formField(
  (id) => /^upd_[0-9a-hjkmnp-tv-z]{26}$/.test(id),
  'must be the id of an upload, upd_ and 26 characters',
);

/** The fields by which inputs name a result of another job; `file` says which, where it has several. */
export const jobFileFields = {
  job: formField(
    (id) => /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/.test(id),
    'must be a job id, such as img_ and 26 characters',
  ),
  file: textField(255).optional(),
};
