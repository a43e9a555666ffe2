/** A job, by what its keys are made of. */
export interface JobName {
  kind: string;
  id: string;
}

/** Names of jobs as one text, for a hash field or a set. */
export const writeJobNames = (names: readonly JobName[]): string =>
  names.map(({ kind, id }) => `${kind}/${id}`).join(' ');

/** The names in a text of `writeJobNames`; none in none. */
export const readJobNames = (text: string | null | undefined): JobName[] =>
  (text ?? '').split(' ').flatMap((name) => {
    const [kind, id] = name.split('/');
    return kind && id ? [{ kind, id }] : [];
  });
