declare module 'bull/lib/job.js' {
  const Job: {
    /** Makes a job of its hash. Throws where that can't be parsed. */
    fromJSON(queue: unknown, json: Record<string, string>, id: string): unknown;
  };
  export default Job;
}
