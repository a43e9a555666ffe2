/** Which job of a flow a job is: the flow's id, the step's name, and the number of its row; 0 in a flow for one. */
export interface FlowPlace {
  id: string;
  step: string;
  row: number;
}

/** A step of a flow, as it was understood when the flow was accepted. */
export interface PlannedStep {
  name: string;
  kind: string;
  /** The steps whose files it needs. */
  after: string[];
  /** Where its input names them: JSON pointers into the input as it was posted. */
  places: string[];
}

/** What a flow is made of. Its record keeps it, whatever becomes of the input. */
export interface FlowPlan {
  /** The ids of its jobs are made with it: the same whenever they are made, also after the deployment's secret has changed. */
  seed: string;
  steps: PlannedStep[];
}

/** A step as every view of a flow shows it: how many of its jobs stand where. */
export interface StepView {
  name: string;
  kind: string;
  /** The steps whose files it needs. */
  after: string[];
  /** Of rows that were not begun. */
  waiting: number;
  /** Posted, and not ended. */
  active: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** Never to be, since another step of their row failed. */
  skipped: number;
}

/** The name of the index that lists the jobs of a flow, in each of their kinds. */
export const flowIndex = (id: string): string => `flow:${id}`;

/** The kind whose jobs are flows. */
export const FLOWS_KIND = 'flows';
