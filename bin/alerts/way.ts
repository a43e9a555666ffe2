/** A way to people. */
export interface Way {
  /** `webhook` or `mail`. */
  by: string;
  /** Whom it leads to, as an operator names it. */
  to: string;
  /** Makes one try; resolves with what was answered, or rejects with an error whose message says why not. */
  send(signal: AbortSignal): Promise<string>;
}
