/** Bull's own script, whose types leave it out. A test pins what it takes. */
declare module 'bull/lib/scripts/addJob-6.js' {
  const script: { name: string; content: string; keys: number };
  export default script;
}

declare module 'bull/lib/job.js' {
  const Job: {
    /** Makes a job of its hash. Throws where that can't be parsed. */
    fromJSON(queue: unknown, json: Record<string, string>, id: string): unknown;
  };
  export default Job;
}

declare module 'bull/lib/scripts.js' {
  const scripts: {
    /** Makes the keys and arguments of the script that ends a job, in its order. */
    moveToFinishedArgs(
      job: unknown,
      value: string,
      field: 'returnvalue',
      shouldRemove: unknown,
      target: 'completed',
      ignoreLock: boolean,
      notFetch: boolean,
    ): (string | number)[];
    /** Makes the error for a negative answer of it. */
    finishedErrors(answer: number, id: string, command: string, state: string): Error;
  };
  export default scripts;
}
