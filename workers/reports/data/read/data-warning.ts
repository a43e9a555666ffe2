/** What was noticed about the data as a whole. */
export interface DataWarning {
  code: string;
  message: string;
}
