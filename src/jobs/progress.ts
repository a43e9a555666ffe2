/** Progress of a run: `percent` 0-100, and where it is countable what was done of how much. */
export interface Progress {
  percent: number;
  done?: number;
  total?: number;
  unit?: string;
  /** Of a flow: how many of those that are done have failed. */
  failed?: number;
}
