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
