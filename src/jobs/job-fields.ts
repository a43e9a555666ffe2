/** A change of a job's fields, made in one step or not at all. */
export interface FieldChange {
  /**
   * The values that the fields must still have; null: not set. Without any, the change is made over whatever is there.
   */
  expected?: Readonly<Record<string, string | null>>;
  /** The new values, none of them empty; null removes a field. */
  set: Readonly<Record<string, string | null>>;
  /** Refuses the change when somebody has asked for the job to be cancelled. */
  unlessCancelled?: boolean;
  /**
   * What follows can not be taken back: the change counts when as many replicas have it as REDIS_WAIT asks for. Where they do not get it,
   * it is undone as far as that goes, and the call rejects with `interrupted`.
   */
  beforeEffect?: boolean;
}

/**
 * What became of a change. `changed`: a field no longer had its expected value; `cancelled`: the job is to be
 * cancelled; `gone`: the job was erased. Nothing was written then.
 */
export type ChangeOutcome = 'done' | 'changed' | 'cancelled' | 'gone';

/**
 * The facts that a kind keeps of one job in Redis, beside what the platform keeps of it. They outlive a run and are
 * erased with the job. A call waits for a Redis that is away.
 */
export interface JobFields {
  /** Reads fields of a job, in order; null for one that is not set. */
  read(jobId: string, names: readonly string[]): Promise<(string | null)[]>;
  /** Changes fields of a job; resolves when Redis has the change on disk (`appendfsync always`). */
  change(jobId: string, change: FieldChange): Promise<ChangeOutcome>;
}

/** The field that is set when somebody asked for a delayed job to run now; its run removes it. */
export const NOW_FIELD = 'now';

/** The field in which a kind keeps what it hears of a job's effects once they are done (JSON); `present` is given it. */
export const LATER_FIELD = 'later';

/**
 * The field that says that a job which asks for others (a flow) is to stop: how often it had been run again then. Its run ends
 * once all of its jobs have.
 */
export const STOP_FIELD = 'stop';

/** The end of that field's text once a run has seen it: nobody has to wake the job for it any more. */
export const STOP_SEEN = ' seen';

/** The field that says how many bytes a job that asks for others keeps in storage beside what it was given: they count as its caller's. */
export const KEPT_FIELD = 'keptBytes';
