import { formField } from '../../fields/fields.ts';

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
